// The verb `audit`: what a container could do to its host.
import { escapeControl, stringifyJson } from "@coffer/spec";
import type { Audit, Severity } from "../../audit/index.ts";
import type { PolicyViolation } from "../../errors.ts";
import type { Subject } from "../../exposure/index.ts";
import { probeSeenAtIds } from "../../host/probe.ts";
import { findUsernsSwitch } from "../../host/probe-userns.ts";
import type { CgroupManager } from "../../plan/index.ts";
import type { Bundle } from "../launch/bundle.ts";
import { closeBundle } from "../launch/bundle.ts";
import { makeImage } from "../launch/image.ts";
import { readAdapted } from "../launch/module-bundle.ts";
import { bundleAs, factsFor, laterOf, planBundleAs } from "../launch/plan-bundle.ts";
import { printViolation } from "../policy/guard.ts";
import { requireStrict } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { plannedId } from "./planned-id.ts";
import { readPlanFile } from "./stored-plan.ts";

/** Options of `audit`. */
export interface AuditVerbOptions {
  /** A bundle's directory. */
  readonly bundle?: string | undefined;
  /** The bundle's config instead of `config.json`: absolute, or relative to the bundle. */
  readonly configFile?: string | undefined;
  /** A stored plan instead. */
  readonly plan?: string | undefined;
  /** As `run` with that option: for a bundle. */
  readonly lockMounts?: boolean | undefined;
  /** As `run` with that option: for a bundle. */
  readonly cgroupManager?: CgroupManager | undefined;
  /** The mildest severity that makes the exit status non-zero. Default `low`. */
  readonly failOn?: Severity | undefined;
  /** Default `text`. */
  readonly form?: "text" | "json" | undefined;
}

/** What `audit` found, printed, and the status to exit with. */
export interface AuditResult extends Audit {
  /** What the runtime's policy does not allow. */
  readonly violations: readonly PolicyViolation[];
  /** The project's file that the caller has accepted, and what that asks for. */
  readonly accepted?: { readonly file: string; readonly asks: readonly string[] } | undefined;
  readonly text: string;
  readonly status: number;
}

/** The exit status when the policy refuses. */
const refusedStatus = 20;

/** The plan of a bundle that was read, with what is known besides. */
export function planSubject(runtime: Runtime, bundle: Bundle, options: AuditVerbOptions): Subject {
  const read = bundleAs(bundle, options);
  const { config, path, rootfs } = read;
  const facts = factsFor(runtime, config, path, options.cgroupManager);
  const made = planBundleAs(runtime, read, facts, { ...options, id: plannedId });
  requireStrict(runtime, made, "config");
  const later = laterOf(read, plannedId, false);
  const seenAtIds = probeSeenAtIds(runtime.system);
  const usernsOff = findUsernsSwitch(runtime.system, facts.privileged)?.name;
  return { ...makeImage(made), ...later, hostLsm: facts.lsm, seenAtIds, usernsOff, inputs: { rootfs } };
}

/** What is looked at: a stored plan, or that of a bundle. */
export async function subjectOf(runtime: Runtime, options: AuditVerbOptions): Promise<Subject> {
  const { bundle = ".", configFile, plan } = options;
  if (plan !== undefined) return { plan: readPlanFile(runtime, plan).plan, seenAtIds: probeSeenAtIds(runtime.system) };
  const read = await readAdapted(runtime, { bundle, configFile });
  closeBundle(read);
  return planSubject(runtime, read, options);
}

/** Looks a plan through, with what is known besides. `fixes`: what to do by the name of a check, where its own words are of a config. */
export async function auditSubject(
  runtime: Runtime,
  subject: Subject,
  options: Pick<AuditVerbOptions, "form" | "failOn">,
  fixes: Readonly<Record<string, string>> = {},
  accepted?: AuditResult["accepted"],
): Promise<AuditResult> {
  const { auditPlan, printAudit, statusOf } = await import("../../audit/index.ts");
  const violations = runtime.guard?.find(subject) ?? [];
  const audit = auditPlan(subject);
  const findings = audit.findings.map((one) => ({ ...one, fix: fixes[one.check] ?? one.fix }));
  const found = { ...audit, findings, violations, ...(accepted === undefined ? {} : { accepted }) };
  const refused = violations.map((one) => escapeControl(`refused   ${printViolation(one)}`));
  const told =
    accepted === undefined ? [] : [`accepted  ${accepted.file}: ${accepted.asks.join(", ")}`].map(escapeControl);
  const lines = [printAudit(found), ...told, ...refused];
  const text = options.form === "json" ? stringifyJson({ ...found }, "\t") : lines.join("\n");
  const status = violations.length > 0 ? refusedStatus : statusOf(found, options.failOn ?? "low");
  return { ...found, text, status };
}

/**
 * Looks a bundle's plan or a stored one through. Nothing is changed.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID, E_UNSUPPORTED, E_PLAN_REFUSED
 */
export async function audit(runtime: Runtime, options: AuditVerbOptions): Promise<AuditResult> {
  return auditSubject(runtime, await subjectOf(runtime, options), options);
}
