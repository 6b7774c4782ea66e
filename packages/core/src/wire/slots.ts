// The numbers of a plan's slots: inputs first, then the others in the order in which ops define them.

import { WireError } from "./error.ts";
import type { OpContext } from "./fields.ts";
import { checkInputName } from "./fields.ts";
import { layouts } from "./image.ts";
import type { Plan } from "./op.ts";
import type { SlotRow, SlotType } from "./tables/op-table.ts";

/** One row of the slot table. */
export interface SlotEntry {
  readonly type: SlotType;
  /** The name, where the slot is an input. */
  readonly input?: string;
}

export interface SlotNumbers {
  readonly rows: readonly SlotEntry[];
  /** The index of the op that defines the slot of a number; undefined for an input. */
  opOf(number: number): number | undefined;
  /** The number of the slot that an op defines. */
  out(fields: Readonly<Record<string, unknown>>, context: OpContext): number;
  /** The number of a slot that an op uses. */
  used(key: string, row: SlotRow, name: unknown, context: OpContext): number;
}

function fault(context: OpContext, message: string): WireError {
  return new WireError("bad-plan", `\`${context.layout.name}\`: ${message}`, context.index);
}

/**
 * Numbers the slots of a plan.
 *
 * @throws {WireError} `bad-plan` when a name is defined twice.
 */
export function numberSlots(plan: Plan): SlotNumbers {
  const rows: SlotEntry[] = [];
  const definedBy: (number | undefined)[] = [];
  const numbers = new Map<string, number>();
  const define = (name: string, entry: SlotEntry, index?: number): void => {
    if (numbers.has(name)) throw new WireError("bad-plan", `the slot \`${name}\` is defined twice`, index);
    numbers.set(name, rows.push(entry) - 1);
    definedBy.push(index);
  };
  for (const { name, type } of plan.inputs) {
    checkInputName(name);
    define(name, { type, input: name });
  }
  plan.ops.forEach((op, index) => {
    const type = layouts.get(op.op)?.row.out;
    if (type !== undefined && "out" in op) define(op.out, { type }, index);
  });
  const find = (name: unknown, key: string, context: OpContext): number => {
    const number = typeof name === "string" ? numbers.get(name) : undefined;
    if (number === undefined) throw fault(context, `\`${key}\` names no slot of the plan: ${JSON.stringify(name)}`);
    return number;
  };
  return {
    rows,
    opOf: (number) => definedBy[number],
    out: (fields, context) => find(fields.out, "out", context),
    used(key, row, name, context) {
      const number = find(name, key, context);
      const type = rows[number]?.type;
      if (type === undefined || !row.types.includes(type)) {
        throw fault(context, `\`${key}\` is a ${type}, not ${row.types.join(" or ")}`);
      }
      return number;
    },
  };
}
