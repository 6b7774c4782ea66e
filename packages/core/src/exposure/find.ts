import type { OpName, OpOf, Plan, PlanOp, SlotName } from "../wire/op.ts";
import type { Origin } from "./models.ts";

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

/** What a plan does that is not known here, so that nothing can be said of what it gives. */
export interface Doubt {
  readonly what: string;
  readonly at: Place;
  /** Only in a plan that somebody else may have made: the planner asks for it with care. */
  readonly stored?: true;
}

function isOp<K extends OpName>(op: PlanOp, name: K): op is PlanOp & OpOf<K> {
  return op.op === name;
}

/** The place of an op. An empty pointer is left out. */
export function placeOf({ from = "" }: PlanOp, index: number): Place {
  return { op: index, ...(from === "" ? {} : { from }) };
}

/** Every op of one name, in the order of the plan. */
export function findOps<K extends OpName>({ ops }: Pick<Plan, "ops">, name: K): readonly Found<K>[] {
  return ops.flatMap((op, index) => (isOp(op, name) ? [{ op, at: placeOf(op, index) }] : []));
}

/** Where every slot of a plan comes from. */
export function originsOf({ inputs, ops }: Plan): ReadonlyMap<SlotName, Origin> {
  return new Map<SlotName, Origin>([
    ...inputs.map(({ name, type }): [SlotName, Origin] => [name, `input ${type}`]),
    ...ops.flatMap((op): [SlotName, Origin][] => ("out" in op ? [[op.out, op.op]] : [])),
  ]);
}
