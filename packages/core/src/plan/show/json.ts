import { stringifyJson } from "@coffer/spec";
import type { Plan, PlanOp } from "../../wire/op.ts";

/** A plan as plain JSON values: bytes in hexadecimal, numbers beyond 2^53 as bigint. */
export type PlanJson = Readonly<Record<string, unknown>>;

/** Turns a plan into plain values, its fields in a fixed order: what golden plans and `plan --json` have. */
function planToJson(plan: Plan): PlanJson {
  const { kind, inputs, warnings } = plan;
  return { kind, inputs, ops: plan.ops.map(opToJson), ...(warnings === undefined ? {} : { warnings }) };
}

function opToJson(op: PlanOp): PlanJson {
  const { op: tag, phase, from, why, flags, ...rest } = op;
  const fields = Object.entries(rest).map(([name, value]) => [name, toPlain(value)]);
  return {
    op: tag,
    phase,
    ...(flags === undefined ? {} : { flags }),
    ...Object.fromEntries(fields),
    ...(from === undefined ? {} : { from }),
    ...(why === undefined ? {} : { why }),
  };
}

function toPlain(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return `hex:${[...value].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A plan as a JSON document. */
export function printPlanJson(plan: Plan): string {
  return stringifyJson(planToJson(plan), 2);
}
