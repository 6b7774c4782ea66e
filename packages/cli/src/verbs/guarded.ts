import { underPolicy } from "@coffer/core/verbs";
import type { Run } from "./call.ts";
import { onRuntime } from "./call.ts";

/** A verb that makes a process: under the policy, if one is given. */
export function onGuarded(action: Parameters<typeof onRuntime>[0]): Run {
  return onRuntime(async (runtime, call) => action(await underPolicy(runtime, call.policy), call));
}
