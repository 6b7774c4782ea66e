import { CofferError } from "../errors.ts";
import { planStart } from "../plan/index.ts";
import { removeLocked } from "./delete.ts";
import { runHostPlan } from "./drive.ts";
import { toProgramError } from "./launch-error.ts";
import type { ContainerRecord } from "./record.ts";
import { lateHooks } from "./record.ts";
import type { Runtime } from "./runtime.ts";
import { findStatus, wrongStatus } from "./status.ts";
import { dirOf, readRecord, withLock } from "./store.ts";

/** The plan of `start` does not know the container's program; its record does. */
function tellProgram(error: unknown, { config }: ContainerRecord): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "start-container") return error;
  const { errno } = error.details;
  const name = config.process?.args?.[0];
  if (errno === undefined || errno === 0 || name === undefined) return error;
  return toProgramError(name, [name], errno);
}

/** Runs the program of a created container. */
export async function start(runtime: Runtime, id: string): Promise<void> {
  const record = readRecord(runtime, id);
  await withLock(runtime, id, async () => {
    const { status, identity } = await findStatus(runtime, id, { holdsLock: true, cgroups: record.cgroups });
    if (status === "stopped") {
      throw wrongStatus(id, status, ["created"], "cannot start a container that has stopped");
    }
    if (status === "paused") {
      throw wrongStatus(id, status, ["created"], "cannot start a container in the paused state");
    }
    if (status !== "created" || identity === undefined) {
      throw wrongStatus(id, status, ["created"], "cannot start an already running container");
    }
    try {
      const plan = planStart({ target: identity, hooks: lateHooks(record, "poststart") });
      await runHostPlan(runtime, plan, [{ name: "state", path: dirOf(runtime, id) }]);
    } catch (error) {
      // The spec destroys a container whose hook has failed.
      if (CofferError.is(error, "E_LAUNCH_FAILED") && error.details.op === "spawn")
        await removeLocked(runtime, id, { force: true });
      throw tellProgram(error, record);
    }
  });
}
