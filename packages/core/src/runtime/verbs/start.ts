import { CofferError, configInvalid } from "../../errors.ts";
import type { NotifyOptions } from "../../plan/index.ts";
import { planStart } from "../../plan/index.ts";
import type { LaunchLock } from "../../system/port.ts";
import { toProgramError } from "../launch/errors/launch-error.ts";
import { callersNotifySocket, notifyOptions, withNotifySocket } from "../launch/notify-socket.ts";
import { runHostPlan, startHostPlan } from "../launch/reports.ts";
import { letGoDirectly } from "../launch/without-launcher.ts";
import type { Runtime } from "../runtime.ts";
import type { Identity } from "../store/identity.ts";
import { withLock } from "../store/lock.ts";
import type { ContainerRecord } from "../store/record.ts";
import { lateHooks } from "../store/record.ts";
import { withRoot } from "../store/state-root.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { hasContainer, hasNotify, notFound, readRecord, stateInput } from "../store/store.ts";
import { removeLocked } from "./delete.ts";

/** The plan of `start` does not know the container's program; its record does. */
function tellProgram(error: unknown, { config }: ContainerRecord): unknown {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "exec") return error;
  const { errno } = error.details;
  const name = config.process?.args?.[0];
  if (errno === undefined || errno === 0 || name === undefined) return error;
  return toProgramError(name, [name], errno, "exec");
}

/** The caller gets the message that the container is ready, if the container was made with such a socket too. */
function notifyOf(runtime: Runtime, id: string, socket: string | undefined): NotifyOptions | undefined {
  return socket !== undefined && hasNotify(runtime, id) ? notifyOptions(runtime, id, socket) : undefined;
}

/**
 * Starts the container without a launcher, if the front can do this and there is nothing else to do. Whether it was created, and
 * no more, its gate tells. False if nothing was done.
 */
async function startDirectly(runtime: Runtime, id: string, record: ContainerRecord): Promise<boolean> {
  const isMore = lateHooks(record, "poststart") !== undefined || callersNotifySocket(runtime) !== undefined;
  if (runtime.system.letGo === undefined || isMore || record.config.process === undefined) return false;
  const { status, identity } = await findStatus(runtime, id, { holdsLock: true, orCreated: true, record });
  return status === "running" && identity !== undefined && letGoDirectly(runtime, id, identity);
}

/** Finds the init of a container that waits for its start. */
async function findCreated(runtime: Runtime, id: string, record: ContainerRecord): Promise<Identity> {
  const { status, identity } = await findStatus(runtime, id, { holdsLock: true, record });
  if (status === "stopped") {
    throw wrongStatus(id, status, ["created"], "cannot start a container that has stopped");
  }
  if (status === "paused") {
    throw wrongStatus(id, status, ["created"], "cannot start a container in the paused state");
  }
  if (status !== "created" || identity === undefined) {
    throw wrongStatus(id, status, ["created"], "cannot start an already running container");
  }
  if (record.config.process === undefined)
    throw configInvalid("config", [{ pointer: "/process", message: "is required to start a container" }]);
  return identity;
}

/** Starts the container. Gives what waits until it is ready. */
async function startLocked(
  runtime: Runtime,
  id: string,
  record: ContainerRecord,
  lock: LaunchLock,
): Promise<(() => Promise<void>) | undefined> {
  if (await startDirectly(runtime, id, record)) return undefined;
  const target = await findCreated(runtime, id, record);
  return withNotifySocket(runtime, callersNotifySocket(runtime), async (socket, isStale) => {
    const notify = isStale ? undefined : notifyOf(runtime, id, socket);
    const plan = planStart({ target, hooks: lateHooks(record, "poststart"), notify });
    const inputs = [stateInput(runtime, id)];
    if (notify !== undefined) return startHostPlan(runtime, plan, inputs, lock);
    await runHostPlan(runtime, plan, inputs, lock);
    return undefined;
  });
}

/** Runs the program of a created container; with a service manager that waits for it, until it is ready. */
export async function start(caller: Runtime, id: string): Promise<void> {
  const runtime = withRoot(caller);
  if (!hasContainer(runtime, id)) throw notFound(id);
  const action = async (lock: LaunchLock): Promise<(() => Promise<void>) | undefined> => {
    const record = readRecord(runtime, id);
    try {
      return await startLocked(runtime, id, record, lock);
    } catch (error) {
      // The spec destroys a container whose hook has failed.
      if (CofferError.is(error, "E_LAUNCH_FAILED") && error.details.op === "spawn")
        await removeLocked(runtime, id, { force: true });
      throw tellProgram(error, record);
    }
  };
  const waitReady = await withLock(runtime, id, action, { late: true });
  await waitReady?.();
}
