// A plan in words: one screen first. The same sentences are printed by the terminal and drawn by the page.
import type { Audit } from "../audit/index.ts";
import { auditExposure } from "../audit/index.ts";
import type { Exposure, Subject } from "../exposure/index.ts";
import { readExposure } from "../exposure/index.ts";
import type { PlanKind } from "../wire/op.ts";
import type { Part } from "./sentence.ts";
import { explainTree, explainWrites } from "./tree.ts";
import { explainUnusual } from "./unusual.ts";
import { explainWho } from "./who.ts";
import { explainHost, explainLimits, explainNetwork, explainShares } from "./world.ts";

/** A plan in words. */
export interface Explanation {
  readonly kind: PlanKind;
  /** What the plan is, in one line. */
  readonly title: string;
  readonly parts: readonly Part[];
}

const kinds = {
  create: "makes a container",
  join: "runs a process in a container",
  host: "acts on the host, and makes no process",
  restore: "restores a container from a checkpoint",
} as const satisfies Readonly<Record<PlanKind, string>>;

function partsOf(exposure: Exposure, audit: Audit, isWhole: boolean): readonly Part[] {
  const host = [explainHost(exposure), explainUnusual(exposure, audit, isWhole)];
  if (exposure.kind === "host") return host;
  const process = [explainWho(exposure), explainTree(exposure), explainWrites(exposure), explainNetwork(exposure)];
  const rest = [explainShares(exposure), explainLimits(exposure), ...host];
  // One that joins has the tree of another plan.
  return exposure.kind === "join" ? [explainWho(exposure), explainShares(exposure), ...host] : [...process, ...rest];
}

/** Puts a plan into words. Never throws, whatever the plan. `isWhole`: with every heavy finding, for comparisons. */
export function explainPlan(subject: Subject, isWhole = false): Explanation {
  const exposure = readExposure(subject);
  const { plan } = exposure;
  const title = `A plan that ${kinds[plan.kind]}: ${plan.ops.length} ops`;
  return { kind: plan.kind, title, parts: partsOf(exposure, auditExposure(exposure), isWhole) };
}
