import { directoryOf } from "../../cgroup/files.ts";
import { CofferError } from "../../errors.ts";
import type { CgroupPlace, LateHooks, ProcessIdentity, ResctrlPlace } from "../../plan/index.ts";
import { planDelete } from "../../plan/index.ts";
import type { LaunchInput, LaunchLock } from "../../system/port.ts";
import type { Plan } from "../../wire/op.ts";
import type { Runtime } from "../runtime.ts";
import { isGone } from "./errors/launch-error.ts";
import { runHostPlan } from "./reports.ts";

/** What else there may be to end. */
export interface EndOptions {
  /** The state directory: what the marks of the cgroups name. */
  readonly state?: LaunchInput;
  readonly hooks?: LateHooks | undefined;
  readonly resctrl?: ResctrlPlace | undefined;
  /** The launcher that has taken the container's lock. */
  readonly lock?: LaunchLock | undefined;
}

/** The directory of the cgroup that turned out to be another's. */
export function findAnothers({ ops }: Plan, error: unknown): string | undefined {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "expect-mark") return undefined;
  const expect = ops[error.details.index ?? ops.length];
  if (error.details.errnoName !== "EEXIST" || expect?.op !== "expect-mark") return undefined;
  const open = ops.find((op) => op.op === "open-cgroup" && op.out === expect.cgroup);
  return open?.op === "open-cgroup" ? open.path : undefined;
}

/**
 * Kills what is left of a container and removes its cgroups. Its first process can end at any moment by itself, and a cgroup
 * that was its own may be gone, and another's of that name be there.
 */
export async function endAll(
  runtime: Runtime,
  target: ProcessIdentity | undefined,
  cgroups: readonly CgroupPlace[],
  options: EndOptions = {},
): Promise<void> {
  const { state, hooks, resctrl, lock } = options;
  if (target === undefined && cgroups.length === 0 && hooks === undefined && resctrl === undefined) return;
  const plan = planDelete({ ...(target === undefined ? {} : { target }), cgroups, hooks, resctrl });
  try {
    await runHostPlan(runtime, plan, plan.inputs.length > 0 && state !== undefined ? [state] : [], lock);
  } catch (error) {
    const anothers = findAnothers(plan, error);
    if (anothers !== undefined) {
      const own = cgroups.filter((place) => directoryOf(place) !== anothers);
      return endAll(runtime, target, own, options);
    }
    if (target === undefined || !isGone(error)) throw error;
    await endAll(runtime, undefined, cgroups, options);
  }
}
