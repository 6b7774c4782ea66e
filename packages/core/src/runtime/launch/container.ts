// Making a container: claim its id, write its record, launch, and take everything back when that fails.
import { CofferError, quote } from "../../errors.ts";
import type { ProcessIdentity } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { Launch, LaunchLock, LaunchSetup } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { Plan } from "../../wire/op.ts";
import type { ContainerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { withLock } from "../store/lock.ts";
import type { Claimed } from "../store/store.ts";
import { claim, forget, forgetClaimed, isClaimed, notFound, stateInput, writeRecord } from "../store/store.ts";
import { removeLocked } from "../verbs/delete.ts";
import { holdCgroups } from "./existing-cgroups.ts";
import type { Prepared } from "./prepare.ts";
import { stdioOf } from "./process-options.ts";
import type { Exit, Over } from "./reports.ts";
import { awaitStart, identityOf, startLaunch } from "./reports.ts";

/** A container or process that runs. */
export interface Running {
  readonly id: string;
  /** Its first process, as the host has it. */
  readonly process: ProcessIdentity;
  readonly plan: Plan;
  /** The size of the plan's image. */
  readonly planSize: number;
  readonly launch: Launch;
  /** Waits for its end; at once, with status 0 and without `over`, when it was detached from. */
  wait(over?: Over): Promise<Exit>;
}

/** A container that has reached its first state. */
export interface Made {
  readonly launch: Launch;
  readonly process: ProcessIdentity;
  /** The inode of its state directory. */
  readonly claimed: bigint;
}

/** Writes a pid file, whole or not at all. */
export function writePidFile({ system }: Runtime, path: string | undefined, pid: number): void {
  if (path === undefined) return;
  const absolute = toAbsolute(system, path);
  try {
    system.writeFile(absolute, `${pid}`, { mode: 0o644 });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path: absolute, errnoName: error.errno };
    throw new CofferError(
      "E_IO",
      `cannot write the pid file ${quote(absolute)}: ${error.reason ?? describeErrno(error.errno)}`,
      details,
    );
  }
}

function setupOf(runtime: Runtime, { inputs, image }: Prepared, options: ContainerOptions, place: string): LaunchSetup {
  return {
    inputs: [stateInput(runtime, options.id, place), ...inputs],
    stdio: stdioOf(options),
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
    dieWithParent: options.dieWithParent ?? false,
    resizes: options.window !== undefined,
    netns: image.netns ?? false,
    ...(options.logBytes === undefined ? {} : { logBytes: options.logBytes }),
    ...(runtime.warm === undefined ? {} : { warm: runtime.warm }),
    ...(options.answers === undefined ? {} : { answers: options.answers }),
    ...(options.watcher === undefined ? {} : { watcher: options.watcher }),
  };
}

async function reach(
  runtime: Runtime,
  prepared: Prepared,
  setup: LaunchSetup,
  state: "created" | "running",
  { inode: claimed, place }: Claimed,
  cancel: AbortSignal | undefined,
  lock: LaunchLock | undefined,
): Promise<Made> {
  const { plan } = prepared.image;
  let launch: Launch;
  try {
    writeRecord(runtime, prepared.record, place);
    launch = await startLaunch(runtime, prepared.image, setup, lock);
  } catch (error) {
    forget(runtime, prepared.record.id);
    throw error;
  }
  try {
    const process = identityOf(runtime, await awaitStart(launch, plan, state, cancel));
    return { launch, process, claimed };
  } catch (error) {
    const { id } = prepared.record;
    // What is no helper has made nothing, and would remove nothing.
    if (isNoHelper(error)) forget(runtime, id);
    else await removeLocked(runtime, id, { force: true, keepCgroups: !hasMade(plan, error) });
    throw error;
  }
}

function isNoHelper(error: unknown): boolean {
  return CofferError.is(error, "E_LAUNCH_FAILED") && error.details.status !== undefined;
}

const nowhere = 0xffffffff;

/** Whether a failed launch came as far as to make its cgroups. Else what has their names is another's. */
function hasMade({ ops }: Plan, error: unknown): boolean {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.index === undefined) return true;
  const made = ops.findLastIndex(
    (op) => op.op === "make-cgroup" || (op.op === "call-bus" && op.pidAt !== nowhere && op.job === 1),
  );
  return error.details.index > made;
}

/**
 * Makes a container up to a state. When that fails nothing is left: the launcher takes back its part, and what a killed
 * launcher left goes with the state directory.
 */
export async function makeContainer(
  runtime: Runtime,
  prepared: Prepared,
  options: ContainerOptions,
  state: "created" | "running",
): Promise<Made> {
  const { id } = prepared.record;
  const claimed = claim(runtime, id);
  const { inode, place } = claimed;
  const setup = setupOf(runtime, prepared, options, place);
  const make = async (lock?: LaunchLock): Promise<Made> => {
    const held = await holdCgroups(runtime, prepared.existing).catch((error: unknown) => {
      forget(runtime, id);
      throw error;
    });
    const made = await reach(runtime, prepared, setup, state, claimed, options.cancel, lock).finally(held.release);
    try {
      writePidFile(runtime, options.pidFile, made.process.pid);
    } catch (error) {
      await removeLocked(runtime, id, { force: true });
      throw error;
    }
    return made;
  };
  if (options.anonymous) return make();
  let isHeld = false;
  const action = (lock: LaunchLock): Promise<Made> => {
    isHeld = true;
    // Between the claim and the lock it may have been deleted, and its name taken by another container.
    if (!isClaimed(runtime, id, inode, place)) throw notFound(id);
    return make(lock);
  };
  return withLock(runtime, id, action, { setup, place }).catch((error: unknown) => {
    if (!isHeld) forgetClaimed(runtime, id, inode);
    throw error;
  });
}
