// What a front that can do this does to a container's init without a launcher.
import type { ProcessIdentity } from "../../plan/index.ts";
import { planSignal, planStart, startTimeoutMs } from "../../plan/index.ts";
import type { Runtime } from "../runtime.ts";
import { placeOf } from "../store/store.ts";
import type { Running } from "./container.ts";
import { isGone, toLaunchError } from "./errors/launch-error.ts";
import { runHostPlan } from "./reports.ts";

/**
 * Sends a signal to a process without a launcher, if the front can do this. False if the signal was not sent. Under a policy
 * every signal is a plan, which the policy sees.
 */
export function signalDirectly({ guard, system }: Runtime, { pid, inode }: ProcessIdentity, signal: number): boolean {
  const known = BigInt(inode);
  return guard === undefined && known !== 0n && system.signalProcess?.(pid, known, signal) === true;
}

/** Sends a signal to a process. Whether it got it: not when it has ended. */
export async function signalRunning(runtime: Runtime, { process }: Running, signal: number): Promise<boolean> {
  try {
    if (!signalDirectly(runtime, process, signal)) await runHostPlan(runtime, planSignal({ target: process, signal }));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/**
 * Lets a created container go on without a launcher, if the front can do this. False if nothing was done. Under a policy every
 * start is a plan, which the policy sees.
 *
 * @throws {CofferError} E_LAUNCH_FAILED, as a launcher of `planStart` would report it
 */
export function letGoDirectly(runtime: Runtime, id: string, target: ProcessIdentity): boolean {
  const { guard, system } = runtime;
  const [pid, inode] = [target.pid, BigInt(target.inode)];
  if (guard !== undefined || inode === 0n) return false;
  const report = system.letGo?.(placeOf(runtime, id), { pid, inode }, startTimeoutMs);
  if (report === undefined) return false;
  if (report.state === "done") return true;
  const plan = planStart({ target });
  // What init tells is of an op of its own plan.
  const isInits = report.phase !== "host";
  throw toLaunchError(plan, isInits ? report : { ...report, op: plan.ops.findIndex(({ op }) => op === report.opName) });
}
