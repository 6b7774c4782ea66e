import type { PolicyViolation } from "../errors.ts";
import type { Place } from "../exposure/find.ts";
import type { Exposure } from "../exposure/index.ts";

/** A rule of a policy: what it finds in a plan that it does not allow. */
export type Rule<T> = (value: T, exposure: Exposure) => readonly PolicyViolation[];

/** One violation. */
export function violation(rule: string, { op, from }: Place, message: string): PolicyViolation {
  return { rule, ...(from === undefined ? {} : { pointer: from }), ...(op === undefined ? {} : { op }), message };
}

/** One violation, if something holds. */
export function violationIf(holds: boolean, rule: string, at: Place, message: string): readonly PolicyViolation[] {
  return holds ? [violation(rule, at, message)] : [];
}
