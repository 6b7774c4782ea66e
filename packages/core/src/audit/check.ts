import type { Place } from "../exposure/find.ts";
import type { Exposure } from "../exposure/index.ts";
import type { ClassId } from "./classes.ts";

/** From the mildest to the worst; docs/use/audit.md says what each means. */
export const severities = ["note", "low", "medium", "high", "critical"] as const;

export type Severity = (typeof severities)[number];

/** One place where a check finds something. */
export interface Hit {
  readonly at: Place;
  /** What is there, in one sentence without a full stop. May hold text of the plan: escape it before printing. */
  readonly what: string;
}

/** One row of the table of checks. */
export interface Check {
  readonly severity: Severity;
  readonly class: ClassId;
  /** What a process of the container could do with it. */
  readonly why: string;
  /** The change that removes it. */
  readonly fix: string;
  readonly test: (exposure: Exposure) => readonly Hit[];
}

export type Checks = Readonly<Record<string, Check>>;

/** One hit, if something holds. */
export function hitIf(holds: boolean, at: Place, what: string): readonly Hit[] {
  return holds ? [{ at, what }] : [];
}

/** Whether the plan makes a process: one that only acts on the host has none to look at. */
export function hasProcess({ kind }: Exposure): boolean {
  return kind !== "host";
}
