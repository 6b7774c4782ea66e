import { planSignal } from "../../plan/index.ts";
import type { Runtime } from "../runtime.ts";
import type { Running } from "./container.ts";
import { isGone } from "./launch-error.ts";
import { runHostPlan } from "./reports.ts";

/** Sends a signal to a process. Whether it got it: not when it has ended. */
export async function signalRunning(runtime: Runtime, { process }: Running, signal: number): Promise<boolean> {
  try {
    await runHostPlan(runtime, planSignal({ target: process, signal }));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
