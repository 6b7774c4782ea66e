import type { CgroupPlace, LateHooks, ProcessIdentity } from "../plan/index.ts";
import { planDelete } from "../plan/index.ts";
import { runHostPlan } from "./drive.ts";
import { isGone } from "./launch-error.ts";
import type { Runtime } from "./runtime.ts";

/** Kills what is left of a container and removes its cgroups. Its first process can end at any moment by itself. */
export async function endAll(
  runtime: Runtime,
  target: ProcessIdentity | undefined,
  cgroups: readonly CgroupPlace[],
  hooks?: LateHooks,
): Promise<void> {
  if (target === undefined && cgroups.length === 0 && hooks === undefined) return;
  try {
    await runHostPlan(runtime, planDelete({ ...(target === undefined ? {} : { target }), cgroups, hooks }));
  } catch (error) {
    if (target === undefined || !isGone(error)) throw error;
    await endAll(runtime, undefined, cgroups, hooks);
  }
}
