import type { CgroupPlace, LateHooks, ProcessIdentity, ResctrlPlace } from "../plan/index.ts";
import { planDelete } from "../plan/index.ts";
import { runHostPlan } from "./drive.ts";
import { isGone } from "./launch-error.ts";
import type { Runtime } from "./runtime.ts";

/** Kills what is left of a container and removes its cgroups. Its first process can end at any moment by itself. */
export async function endAll(
  runtime: Runtime,
  target: ProcessIdentity | undefined,
  cgroups: readonly CgroupPlace[],
  { hooks, resctrl }: { readonly hooks?: LateHooks | undefined; readonly resctrl?: ResctrlPlace | undefined } = {},
): Promise<void> {
  if (target === undefined && cgroups.length === 0 && hooks === undefined && resctrl === undefined) return;
  try {
    await runHostPlan(runtime, planDelete({ ...(target === undefined ? {} : { target }), cgroups, hooks, resctrl }));
  } catch (error) {
    if (target === undefined || !isGone(error)) throw error;
    await endAll(runtime, undefined, cgroups, { hooks, resctrl });
  }
}
