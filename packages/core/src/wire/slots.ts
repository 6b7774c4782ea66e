// The numbers of a plan's slots: inputs first, then the others in the order in which ops define them.

import { WireError } from "./error.ts";
import type { OpContext } from "./fields.ts";
import { checkInputName } from "./fields.ts";
import type { OpLayout, SlotLayout } from "./image.ts";
import { dictionaryOf, slotBit } from "./image.ts";
import type { Plan } from "./op.ts";
import type { SlotType } from "./tables/op-table.ts";

/** One row of the slot table. */
export interface SlotEntry {
  readonly type: SlotType;
  /** The name, where the slot is an input. */
  readonly input?: string;
}

/** What the slots of a plan are: by their numbers, and their numbers by name. */
export interface SlotNumbers {
  readonly rows: readonly SlotEntry[];
  /** The types, each a bit. */
  readonly bits: readonly number[];
  /** The op that defines the slot; undefined for an input. */
  readonly definedBy: readonly (number | undefined)[];
  readonly numbers: Readonly<Record<string, number>>;
}

function fault(context: OpContext, message: string): WireError {
  return new WireError("bad-plan", `\`${context.layout.name}\`: ${message}`, context.index);
}

/**
 * Numbers the slots of a plan, whose ops have these layouts.
 *
 * @throws {WireError} `bad-plan` when a name is defined twice.
 */
export function numberSlots({ inputs, ops }: Plan, layouts: readonly OpLayout[]): SlotNumbers {
  const rows: SlotEntry[] = [];
  const bits: number[] = [];
  const definedBy: (number | undefined)[] = [];
  const numbers = dictionaryOf<number>();
  const define = (name: string, entry: SlotEntry, index?: number): void => {
    if (numbers[name] !== undefined) throw new WireError("bad-plan", `the slot \`${name}\` is defined twice`, index);
    numbers[name] = rows.length;
    rows.push(entry);
    bits.push(slotBit(entry.type));
    definedBy.push(index);
  };
  for (const { name, type } of inputs) {
    checkInputName(name);
    define(name, { type, input: name });
  }
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index];
    const type = layouts[index]?.row.out;
    if (type !== undefined && op !== undefined && "out" in op) define(op.out, { type }, index);
  }
  return { rows, bits, definedBy, numbers };
}

/** The number of the slot of a name. */
export function findSlot({ numbers }: SlotNumbers, key: string, name: unknown, context: OpContext): number {
  const number = typeof name === "string" ? numbers[name] : undefined;
  if (number === undefined) throw fault(context, `\`${key}\` names no slot of the plan: ${JSON.stringify(name)}`);
  return number;
}

/** The error of a slot whose type the field does not take. */
export function wrongType({ rows }: SlotNumbers, { key, row }: SlotLayout, number: number, context: OpContext) {
  return fault(context, `\`${key}\` is a ${rows[number]?.type}, not ${row.types.join(" or ")}`);
}
