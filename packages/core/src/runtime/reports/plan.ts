// The verb `plan`: what a bundle would do, for people and for programs.

import { stringifyJson } from "@coffer/spec";
import type { PlanLook } from "../../explain/index.ts";
import { planText } from "../../explain/index.ts";
import { probeSeenAtIds } from "../../host/probe.ts";
import { findUsernsSwitch } from "../../host/probe-userns.ts";
import type { CgroupManager } from "../../plan/index.ts";
import { diffPlans } from "../../plan/index.ts";
import { readOr } from "../../system/error.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { decodePlan } from "../../wire/decode.ts";
import type { Plan } from "../../wire/op.ts";
import { closeBundle } from "../launch/bundle.ts";
import type { Image } from "../launch/image.ts";
import { makeImage } from "../launch/image.ts";
import { readAdapted } from "../launch/module-bundle.ts";
import { bundleAs, factsFor, planBundleAs } from "../launch/plan-bundle.ts";
import { writeUserFile } from "../policy/user-file.ts";
import { requireStrict } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { plannedId } from "./planned-id.ts";
import { readPlanFile } from "./stored-plan.ts";

/** How the verb `plan` plans a bundle. */
export interface PlanVerbOptions {
  /** As `run` with that option. */
  readonly cgroupManager?: CgroupManager | undefined;
}

/** Plans a bundle as `run` would do it. Nothing is changed. */
export async function planBundle(runtime: Runtime, directory: string, options: PlanVerbOptions = {}): Promise<Plan> {
  const bundle = bundleAs(await readAdapted(runtime, { bundle: directory }), options);
  closeBundle(bundle);
  const facts = factsFor(runtime, bundle.config, bundle.path, options.cgroupManager);
  const plan = planBundleAs(runtime, bundle, facts, { ...options, id: plannedId });
  requireStrict(runtime, plan, "config");
  return plan;
}

function isFile({ system }: Runtime, path: string): boolean {
  return readOr(false, () => system.stat(toAbsolute(system, path)).kind === "file");
}

/** The plan of a bundle, or a stored one. */
async function findPlan(runtime: Runtime, path: string, options: PlanVerbOptions): Promise<Image> {
  return isFile(runtime, path) ? readPlanFile(runtime, path) : makeImage(await planBundle(runtime, path, options));
}

/** A plan as text or JSON. */
export async function showPlan(
  runtime: Runtime,
  path: string,
  form: "text" | "json",
  { look, ...options }: PlanVerbOptions & { readonly look?: PlanLook } = {},
): Promise<string> {
  return planText(await findPlan(runtime, path, options), form, look);
}

/** What a plan of a bundle depends on of this host, as JSON: the page of the plan explorer takes it. */
export async function showFacts(
  runtime: Runtime,
  directory: string,
  { cgroupManager }: PlanVerbOptions = {},
): Promise<string> {
  const bundle = await readAdapted(runtime, { bundle: directory });
  closeBundle(bundle);
  const facts = factsFor(runtime, bundle.config, bundle.path, cgroupManager);
  const seenAtIds = probeSeenAtIds(runtime.system);
  const usernsOff = findUsernsSwitch(runtime.system, facts.privileged)?.name;
  return stringifyJson({ bundle: bundle.path, seenAtIds, usernsOff, ...facts }, 2);
}

/** What differs between two plans. A stored plan has no names of slots: then neither has. */
export async function comparePlans(
  runtime: Runtime,
  left: string,
  right: string,
  options: PlanVerbOptions = {},
): Promise<string> {
  const areNamed = !isFile(runtime, left) && !isFile(runtime, right);
  const comparable = ({ plan, bytes }: Image): Plan => (areNamed ? plan : decodePlan(bytes));
  return diffPlans(
    comparable(await findPlan(runtime, left, options)),
    comparable(await findPlan(runtime, right, options)),
  ).trimEnd();
}

function describe({ plan, bytes }: Image, digest: string): string {
  return `${plan.kind} plan, ${plan.ops.length} ops, ${bytes.length} bytes, sha256 ${digest}`;
}

/** Writes a plan's image to a file. Gives a line about it. */
export async function storePlan(
  runtime: Runtime,
  path: string,
  file: string,
  options: PlanVerbOptions = {},
): Promise<string> {
  const { system } = runtime;
  const image = await findPlan(runtime, path, options);
  writeUserFile(system, "the plan", toAbsolute(system, file), image.bytes);
  return describe(image, system.digest(image.bytes));
}

/** Checks a stored plan. Gives a line about it. */
export function checkPlanFile(runtime: Runtime, file: string): string {
  const image = readPlanFile(runtime, file);
  return `ok: ${describe(image, runtime.system.digest(image.bytes))}`;
}
