import type { ProcessIdentity } from "../../plan/index.ts";
import { planSignal } from "../../plan/index.ts";
import type { Runtime } from "../runtime.ts";
import type { Running } from "./container.ts";
import { isGone } from "./launch-error.ts";
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
