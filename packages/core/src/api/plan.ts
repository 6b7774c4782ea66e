import { printPlan } from "../plan/index.ts";
import { closeBundle } from "../runtime/launch/bundle.ts";
import { makeImage } from "../runtime/launch/image.ts";
import { bundleAs, factsFor, laterOf, planBundleAs } from "../runtime/launch/plan-bundle.ts";
import { requireAllowed } from "../runtime/policy/guard.ts";
import { requireStrict } from "../runtime/policy/warnings.ts";
import { plannedId } from "../runtime/reports/planned-id.ts";
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
  const asked = { ...options, id: checkContainerId(options.id ?? plannedId) };
  const bundle = bundleAs(toBundle(runtime, options), asked);
  closeBundle(bundle);
  const facts = factsFor(runtime, bundle.config, bundle.path, options.cgroupManager);
  const made = planBundleAs(runtime, bundle, facts, asked);
  requireAllowed(runtime, { plan: made, made: true, ...laterOf(bundle, asked.id, false) });
  requireStrict(runtime, made, "config");
  const { bytes } = makeImage(made);
  return { plan: made, bytes, print: () => printPlan(made) };
}
