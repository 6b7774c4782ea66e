// Where each op came from: a side table, since the image does not carry it.
import type { Plan } from "./op.ts";

/** The provenance of one op. */
export interface Provenance {
  /** JSON pointer of the config field that asked for it; absent where the runtime itself did. */
  readonly from?: string;
  /** One line for people. */
  readonly why?: string;
}

/** The provenance of each op, at its index. */
export function provenanceOf(plan: Plan): readonly Provenance[] {
  return plan.ops.map(({ from, why }) => ({
    ...(from === undefined ? {} : { from }),
    ...(why === undefined ? {} : { why }),
  }));
}

/** The plan with a side table's provenance put back: what {@link provenanceOf} took. */
export function withProvenance(plan: Plan, table: readonly Provenance[]): Plan {
  return { ...plan, ops: plan.ops.map((op, index) => ({ ...op, ...table[index] })) };
}
