// What a container could do to its host, told from its plan. Pure: any plan, on any system.

import type { ConfigIssue } from "../errors.ts";
import type { Exposure, Subject } from "../exposure/index.ts";
import { readExposure } from "../exposure/index.ts";
import type { Severity } from "./check.ts";
import { severities } from "./check.ts";
import { checks } from "./checks.ts";
import type { ClassId } from "./classes.ts";

export { printAudit } from "./print.ts";
export type { ClassId, Severity };
export { severities };

/** One thing that a plan opens. */
export interface Finding {
  /** The id of the check. */
  readonly check: string;
  readonly severity: Severity;
  /** The class in docs/security/defence.md. */
  readonly class: ClassId;
  /** Index of the op; absent for what is not in the plan, or in a later one. */
  readonly op?: number;
  /** JSON pointer of the config's field, where the plan knows it. */
  readonly pointer?: string;
  /** What is there. Raw: escape it before printing. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** Everything that was found, the worst first. */
export interface Audit {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Severity, number>>;
  /** What is odd in the config that the plan was made of; of a stored plan nothing is known. */
  readonly warnings: readonly ConfigIssue[];
}

/** Compares severities: positive when `a` is worse. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}

/** The worst severity among findings. */
export function worstOf(findings: readonly Pick<Finding, "severity">[]): Severity | undefined {
  return severities.findLast((severity) => findings.some((finding) => finding.severity === severity));
}

/** Exit statuses of `coffer audit`, by the worst finding that counts; 0 without one. */
export const auditStatuses = { note: 10, low: 11, medium: 12, high: 13, critical: 14 } as const satisfies Readonly<
  Record<Severity, number>
>;

/** The exit status of an audit: findings milder than `failOn` do not count. */
export function statusOf({ findings }: Audit, failOn: Severity): number {
  const worst = worstOf(findings);
  return worst === undefined || compareSeverity(worst, failOn) < 0 ? 0 : auditStatuses[worst];
}

/**
 * Looks a plan through. Never throws, whatever the plan.
 *
 * @example
 * const { findings } = auditPlan({ plan: decodePlan(bytes) });
 */
export function auditPlan(subject: Subject): Audit {
  return auditExposure(readExposure(subject));
}

/** The same, of what has been read of a plan. */
export function auditExposure(exposure: Exposure): Audit {
  const found = Object.entries(checks).flatMap(([check, { test, severity, class: id, why, fix }]) =>
    test(exposure).map(
      ({ at: { op, from }, what }): Finding => ({
        check,
        severity,
        class: id,
        ...(op === undefined ? {} : { op }),
        ...(from === undefined ? {} : { pointer: from }),
        what,
        why,
        fix,
      }),
    ),
  );
  const count = (severity: Severity): number => found.filter((finding) => finding.severity === severity).length;
  return {
    findings: found.toSorted((a, b) => compareSeverity(b.severity, a.severity)),
    counts: {
      note: count("note"),
      low: count("low"),
      medium: count("medium"),
      high: count("high"),
      critical: count("critical"),
    },
    warnings: exposure.plan.warnings ?? [],
  };
}
