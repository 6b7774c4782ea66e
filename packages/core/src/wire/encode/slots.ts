// The numbers of a plan's slots: inputs first, then the others in the order in which ops define them.

import { OpFault, WireError, withIndex } from "../error.ts";
import { dictionaryOf, layoutByName, maxSlots, slotSize } from "../image.ts";
import type { Plan } from "../op.ts";
import { slotTypes } from "../tables/op-table.ts";
import type { Fields } from "./fields.ts";
import { checkInputName } from "./fields.ts";
import type { StringSection } from "./sections.ts";

/** How many bits of an entry are the slot's number: one of the bits above is set, and is the slot's type. */
export const numberBits = 12;
export const numberMask = (1 << numberBits) - 1;

/** The bit of an entry for a type of slot, by the type's code. */
export const typeBit = (code: number): number => 1 << (code + numberBits);

/** The slots of a plan while its ops are encoded in order. */
export interface Slots {
  /** An entry for each name that was defined so far. */
  readonly entries: Readonly<Record<string, number>>;
  /** Defines the slot `out` of an op, whose type has this code: the slot's number. */
  define(op: Fields, code: number): number;
  /** The entry of the slot that a field names, also where a later op defines the slot. These types are allowed. */
  find(op: Fields, key: string, types: number): number;
  /** The slot table as bytes; names of inputs go to the strings. */
  encode(strings: StringSection): Uint8Array;
}

/** Says that a plan needs more than there is. `op` is the first that does not fit. */
export function tooMuch(what: string, most: number, op: number | undefined): WireError {
  const message = `the plan needs ${what}, and may have ${most}: this is the first that does not fit; ask for fewer mounts, devices or parameters`;
  return new WireError("bad-plan", message, op);
}

function noSlot(op: Fields, key: string): OpFault {
  return new OpFault(`\`${op.op}\`: \`${key}\` names no slot of the plan: ${JSON.stringify(op[key])}`);
}

function wrongType(op: Fields, key: string, entry: number): OpFault {
  const [type] = Object.entries(slotTypes).find(([, { code }]) => (entry & typeBit(code)) !== 0) ?? [];
  const allowed = layoutByName[op.op]?.row.slots?.[key]?.types ?? [];
  return new OpFault(`\`${op.op}\`: \`${key}\` is a ${type}, not ${allowed.join(" or ")}`);
}

/**
 * Begins with the inputs of a plan.
 *
 * @throws {WireError} `bad-plan` when a name is defined twice, here and by all that defines slots.
 */
export function makeSlots({ inputs, ops }: Plan): Slots {
  const entries = dictionaryOf<number>();
  const codes: number[] = [];
  let hasAll = false;
  const add = (name: string, code: number): number => {
    const number = codes.length;
    if (entries[name] !== undefined) throw new OpFault(`the slot \`${name}\` is defined twice`);
    if (number === maxSlots) {
      const all = inputs.length + ops.filter((op) => "out" in op).length;
      throw new OpFault(tooMuch(`${all} slots`, maxSlots, undefined).message);
    }
    codes[number] = code;
    entries[name] = number | typeBit(code);
    return number;
  };
  const addAt = (name: string, code: number, index?: number): void => {
    try {
      add(name, code);
    } catch (error) {
      throw withIndex(error, index);
    }
  };
  /** Nearly no plan names a slot before the op that defines it. */
  const addRest = (): void => {
    hasAll = true;
    let known = codes.length - inputs.length;
    ops.forEach((op, index) => {
      const type = layoutByName[op.op]?.row.out;
      if (type === undefined || !("out" in op) || typeof op.out !== "string") return;
      if (known > 0) known--;
      else addAt(op.out, slotTypes[type].code, index);
    });
  };
  for (const { name, type } of inputs) {
    checkInputName(name);
    addAt(name, slotTypes[type].code);
  }
  return {
    entries,
    define(op, code) {
      const name = op.out;
      if (typeof name !== "string") throw noSlot(op, "out");
      return hasAll ? (entries[name] ?? 0) & numberMask : add(name, code);
    },
    find(op, key, types) {
      const name = op[key];
      if (!hasAll) addRest();
      const entry = typeof name === "string" ? entries[name] : undefined;
      if (entry === undefined) throw noSlot(op, key);
      if ((entry & types) !== 0) return entry;
      throw wrongType(op, key, entry);
    },
    encode(strings) {
      const words = new Uint32Array((codes.length * slotSize) / 4);
      for (let number = 0; number < codes.length; number++) words[3 * number] = codes[number] ?? 0;
      inputs.forEach(({ name }, number) => {
        const at = 3 * number;
        // The second byte says that the slot is an input.
        words[at] = (words[at] ?? 0) | 0x100;
        if (strings.put(name, words, at + 1) < 0)
          throw new WireError("bad-plan", `the input name ${JSON.stringify(name)} is not text`);
      });
      return new Uint8Array(words.buffer);
    },
  };
}
