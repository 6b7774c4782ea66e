// packages/core/src/wire/encode/encoders.gen.ts: an encoder for each op, in which everything that the op table says of the op is a constant. An
// engine without a compiler spent a quarter of a launch on looking that up (decision 0062).

import { numberBits, numberMask, typeBit } from "../../packages/core/src/wire/encode/slots.ts";
import { opPlaces } from "../../packages/core/src/wire/image.ts";
import type { DataRow, NumRow, OpRow, SlotRow } from "../../packages/core/src/wire/tables/op-table.ts";
import { opTable, phases, slotTypes } from "../../packages/core/src/wire/tables/op-table.ts";

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
const noSlot = 0xffff;

/** The place of a word of the op in the array of all. */
const word = (place: number): string => (place === 0 ? "at" : `at + ${place / 4}`);

/** Constants of the file, by their texts: each is there once. */
class Constants {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  nameOf(text: string): string {
    const name = this.#names.get(text) ?? `${this.#prefix}${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }

  lines(): readonly string[] {
    return [...this.#names].map(([text, name]) => `const ${name} = ${text};`);
  }
}

const phaseTables = new Constants("phases");
const limits = new Constants("limit");

/** The first word: the op's code and its phase. */
function phaseLines({ code, phases: allowed }: OpRow): readonly string[] {
  const codeOf = (phase: (typeof allowed)[number]): number => phases[phase].code << (8 * opPlaces.phase);
  const [only, ...others] = allowed;
  if (only !== undefined && others.length === 0)
    return [`if (op.phase !== "${only}") throw badPhase(op);`, `words[at] = ${hex(code | codeOf(only))};`];
  const rows = allowed.map((phase) => `["${phase}", ${hex(codeOf(phase))}]`);
  const table = phaseTables.nameOf(`dictionaryOf([${rows.join(", ")}])`);
  return [
    `const phase = ${table}[op.phase];`,
    "if (phase === undefined) throw badPhase(op);",
    `words[at] = ${hex(code)} | phase;`,
  ];
}

/** Finds the slot of a field: `slot0` is its entry. */
function slotLines([key, row]: readonly [string, SlotRow], index: number): readonly string[] {
  const types = hex(row.types.reduce((bits, type) => bits | typeBit(slotTypes[type].code), 0));
  const [name, slot] = [`name${index}`, `slot${index}`];
  const find = (declared: string): readonly string[] => [
    `${declared} = typeof ${name} === "string" ? (entries[${name}] ?? 0) : 0;`,
    `if ((${slot} & ${types}) === 0) ${slot} = slots.find(op, "${key}", ${types});`,
  ];
  if (!row.optional) return [`const ${name} = op.${key};`, ...find(`let ${slot}`)];
  return [
    `const ${name} = op.${key};`,
    `let ${slot} = ${noSlot};`,
    `if (${name} !== undefined) {`,
    ...[...find(slot), `${slot} &= ${hex(numberMask)};`, "found++;"].map((line) => `  ${line}`),
    "}",
  ];
}

/** What is written of a slot that was found. */
function slotNumber(slots: readonly SlotRow[], index: number): string {
  const row = slots[index];
  if (row === undefined) return hex(noSlot);
  return row.optional ? `slot${index}` : `(slot${index} & ${hex(numberMask)})`;
}

/** Two words: the op's own slot and those of its fields. */
function slotsLines({ out, slots = {} }: OpRow): readonly string[] {
  const rows = Object.values(slots);
  if (out === undefined && rows.length === 0) return [];
  const own = out === undefined ? hex(noSlot) : `slots.define(op, ${slotTypes[out].code})`;
  const lines = Object.entries(slots).flatMap(slotLines);
  const names = rows.length > 0 ? ["const { slots } = sections;", "const { entries } = slots;"] : [];
  const used = rows.length > 0 ? own : own.replace("slots.", "sections.slots.");
  const put = [`words[${word(opPlaces.out)}] = ${used} | (${slotNumber(rows, 0)} << 16);`];
  if (rows.length > 1)
    put.push(`words[${word(opPlaces.out + 4)}] = ${slotNumber(rows, 1)} | (${slotNumber(rows, 2)} << 16);`);
  return [...names, ...lines, ...put];
}

function dataLines([key, { kind, form, optional }]: readonly [string, DataRow], index: number): readonly string[] {
  const place = `words, ${word(opPlaces.data + 8 * index)}, op, "${key}"`;
  const call =
    kind === "string"
      ? `putString(${place}, sections.strings${form === undefined ? "" : `, "${form}"`})`
      : kind === "strings"
        ? `putStrings(${place}, sections.strings, ${optional === true})`
        : `putBytes(${place}, sections.blobs, ${optional === true})`;
  return optional ? [`if (op.${key} !== undefined) {`, `  ${call};`, "  found++;", "}"] : [`${call};`];
}

function numLine([key, row]: readonly [string, NumRow], index: number): string {
  const limit = limits.nameOf(`limitOf(${JSON.stringify(row)})`);
  return `if (op.${key} !== 0) putNumber(words, ${word(opPlaces.nums + 8 * index)}, op, "${key}", ${limit});`;
}

function encoder([name, row]: readonly [string, OpRow]): readonly string[] {
  const { out, slots = {}, data = {}, nums = {} } = row;
  const fields = [...Object.values(slots), ...Object.values(data)];
  const required = fields.filter(({ optional }) => !optional).length + Object.keys(nums).length;
  // The name, the phase, and the op's own slot.
  const least = 2 + (out === undefined ? 0 : 1) + required;
  const isCounted = required < fields.length + Object.keys(nums).length;
  const lines = [
    ...(isCounted ? [`let found = ${least};`] : []),
    ...phaseLines(row),
    ...slotsLines(row),
    ...Object.entries(data).flatMap(dataLines),
    ...Object.entries(nums).map(numLine),
    `return ${isCounted ? "found" : least};`,
  ];
  const needs = /\bsections\b/.test(lines.join("\n")) ? ", sections" : "";
  return [`  "${name}": (op, at, words${needs}) => {`, ...lines.map((line) => `    ${line}`), "  },"];
}

/** The encoders of all ops, by their names. */
export function renderEncoders(): string {
  const table: Readonly<Record<string, OpRow>> = opTable;
  const rows = Object.entries(table).flatMap(encoder);
  return [
    "// Generated by scripts/gen-ops.ts from wire/tables/op-table.ts. Do not edit.",
    "//",
    `// \`entries\` has the number of a slot in its lower ${numberBits} bits, and the slot's type as a bit above them. Words are numbered from`,
    "// the op's first: 0 code, phase, flags; 1 and 2 slots; 4 to 9 data; 10 to 19 numbers.",
    'import type { OpEncoder } from "./ops.ts";',
    'import { badPhase, limitOf, putBytes, putNumber, putString, putStrings } from "./fields.ts";',
    'import type { Dictionary } from "../image.ts";',
    'import { dictionaryOf } from "../image.ts";',
    "",
    ...phaseTables.lines(),
    "",
    ...limits.lines(),
    "",
    "/** The encoder of each op. */",
    "export const encoders: Dictionary<OpEncoder> = dictionaryOf(Object.entries<OpEncoder>({",
    ...rows,
    "}));",
    "",
  ].join("\n");
}
