import type { OpName, OpOf, Plan, PlanOp } from "../wire/op.ts";

/** Where in a plan something is: the op's index, and the config's field that asked for it, as far as they are known. */
export interface Place {
  /** Absent for what another plan of the same container will do. */
  readonly op?: number;
  readonly from?: string;
}

/** An op with its place. */
export interface Found<K extends OpName> {
  readonly op: OpOf<K>;
  readonly at: Place;
}

function isOp<K extends OpName>(op: PlanOp, name: K): op is PlanOp & OpOf<K> {
  return op.op === name;
}

/** The place of an op. A pointer that says nothing is left out. */
export function placeOf({ from = "" }: PlanOp, index: number): Place {
  return { op: index, ...(from === "" ? {} : { from }) };
}

/** Every op of one name, in the order of the plan. */
export function findOps<K extends OpName>({ ops }: Pick<Plan, "ops">, name: K): readonly Found<K>[] {
  return ops.flatMap((op, index) => (isOp(op, name) ? [{ op, at: placeOf(op, index) }] : []));
}
