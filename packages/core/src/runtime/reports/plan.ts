// The verb `plan`: what a bundle would do, for people and for programs.
import { diffPlans, planCreate, printPlan, printPlanJson } from "../../plan/index.ts";
import { SystemError } from "../../system/error.ts";
import { decodePlan } from "../../wire/decode.ts";
import type { Plan } from "../../wire/op.ts";
import { closeBundle, readBundle } from "../launch/bundle.ts";
import type { Image } from "../launch/drive.ts";
import { makeImage } from "../launch/drive.ts";
import { factsFor } from "../launch/prepare.ts";
import { writeUserFile } from "../policy/user-file.ts";
import { requireStrict } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { toAbsolute } from "../runtime.ts";
import { readPlanFile } from "./stored-plan.ts";

/** The id that names the cgroup in a plan which belongs to no container yet. */
export const plannedId = "planned";

/** Plans a bundle as `run` would do it. Nothing is changed. */
export function planBundle(runtime: Runtime, directory: string, id: string = plannedId): Plan {
  const bundle = readBundle(runtime.system, directory);
  closeBundle(bundle);
  const { config, path, warnings } = bundle;
  const plan = planCreate(config, factsFor(runtime, config, path), { id, bundle: path, warnings });
  requireStrict(runtime, plan, "config");
  return plan;
}

function isFile({ system }: Runtime, path: string): boolean {
  try {
    return system.stat(toAbsolute(system, path)).kind === "file";
  } catch (error) {
    if (SystemError.is(error)) return false;
    throw error;
  }
}

/** The plan of a bundle, or a stored one. */
function findPlan(runtime: Runtime, path: string): Image {
  return isFile(runtime, path) ? readPlanFile(runtime, path) : makeImage(planBundle(runtime, path));
}

/** A plan as text or JSON. */
export function showPlan(runtime: Runtime, path: string, form: "text" | "json"): string {
  const { plan } = findPlan(runtime, path);
  return (form === "json" ? printPlanJson(plan) : printPlan(plan)).trimEnd();
}

/** What differs between two plans. A stored plan has no names of slots: then neither has. */
export function comparePlans(runtime: Runtime, left: string, right: string): string {
  const areNamed = !isFile(runtime, left) && !isFile(runtime, right);
  const comparable = ({ plan, bytes }: Image): Plan => (areNamed ? plan : decodePlan(bytes));
  return diffPlans(comparable(findPlan(runtime, left)), comparable(findPlan(runtime, right))).trimEnd();
}

function describe({ plan, bytes }: Image, digest: string): string {
  return `${plan.kind} plan, ${plan.ops.length} ops, ${bytes.length} bytes, sha256 ${digest}`;
}

/** Writes a plan's image to a file. Gives a line about it. */
export function storePlan(runtime: Runtime, path: string, file: string): string {
  const { system } = runtime;
  const image = findPlan(runtime, path);
  writeUserFile(system, "the plan", toAbsolute(system, file), image.bytes);
  return describe(image, system.digest(image.bytes));
}

/** Checks a stored plan. Gives a line about it. */
export function checkPlanFile(runtime: Runtime, file: string): string {
  const image = readPlanFile(runtime, file);
  return `ok: ${describe(image, runtime.system.digest(image.bytes))}`;
}
