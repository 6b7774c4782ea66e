import { planCreate, planLater, printPlan } from "../plan/index.ts";
import { closeBundle } from "../runtime/launch/bundle.ts";
import { makeImage } from "../runtime/launch/drive.ts";
import { factsFor, lockedIf } from "../runtime/launch/prepare.ts";
import { followsLinks, requireAllowed } from "../runtime/policy/guard.ts";
import { requireStrict } from "../runtime/policy/warnings.ts";
import { plannedId } from "../runtime/reports/plan.ts";
import { checkContainerId } from "../runtime/store/container-id.ts";
import type { Plan } from "../wire/op.ts";
import { planKnown, readOptions } from "./check-options.ts";
import { toBundle } from "./config.ts";
import type { RunOptions } from "./options.ts";
import { runtimeOf } from "./subprocess.ts";

/** A plan, its image, and its text for people. */
export interface PlannedRun {
  readonly plan: Plan;
  /** The image, verified. It can be stored and launched again. */
  readonly bytes: Uint8Array;
  print(): string;
}

/** Options of `plan`: those of `run`, of which the streams and bounds of time say nothing. A policy is that of the runtime. */
export interface PlanOptions extends Omit<RunOptions, "policy"> {}

/**
 * Plans what `run` would do, but for a state directory. Nothing is changed.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_POLICY and others
 * @example
 * console.log(plan({ rootfs: "/srv/alpine", args: ["echo", "hello"] }).print());
 */
export function plan(given: PlanOptions): PlannedRun {
  const options = readOptions(given, planKnown);
  const runtime = runtimeOf(options);
  const { cgroupManager } = options;
  const id = checkContainerId(options.id ?? plannedId);
  const bundle = lockedIf(options.lockMounts, toBundle(runtime, options));
  closeBundle(bundle);
  const { config, path, warnings } = bundle;
  const made = planCreate(config, factsFor(runtime, config, path, cgroupManager), {
    id,
    bundle: path,
    warnings,
    ...(cgroupManager === undefined ? {} : { cgroupManager }),
    ...(options.init === true ? { init: true } : {}),
    sourceLinks: followsLinks(runtime),
  });
  requireAllowed(runtime, { plan: made, made: true, later: planLater(config, id, path, false) });
  requireStrict(runtime, made, "config");
  const { bytes } = makeImage(made);
  return { plan: made, bytes, print: () => printPlan(made) };
}
