// A profile as the numbers that the compiler in C takes: helper-c/filter/filter.h has the format.
import type { Arch } from "./arch.ts";
import { rowCount, rowOf, tableOf, X32_BIT } from "./arch.ts";
import type { Entry, Rule } from "./rules.ts";

/** A profile with everything checked. */
export interface Checked {
  readonly defaultAction: number;
  readonly enosysAbove: boolean;
  readonly archs: readonly Arch[];
  readonly entries: readonly Entry[];
}

/** What the compiler is asked, and the names that no table knows, each once. */
interface Request {
  readonly request: Uint8Array<ArrayBuffer>;
  readonly unknown: readonly string[];
}

const maxNumber = 0xffffffff;
/** `enum arch_flag`. */
const killsRest = 1;
const skipped = 2;

const headerWords = 5;
const archWords = 8;
const ruleWords = 2;
const conditionWords = 6;
const halfBits = 32n;
const half = 0xffffffffn;

/** The words of an architecture in front of its table. */
function describe(arch: Arch, archs: readonly Arch[]): readonly number[] {
  const { calls, twins, multiplexed } = tableOf(arch.table);
  const base = arch.table === "x32" ? X32_BIT : 0;
  const isShared = arch.table === "x86_64" && archs.some(({ table }) => table === "x32");
  // x32 calls share the token: unlisted, they are as foreign as any other architecture.
  const end = arch.table === "x86_64" ? X32_BIT : maxNumber;
  const flags = isShared ? 0 : arch.table === "x86_64" ? killsRest | skipped : skipped;
  const counts = [calls.length / 2, twins.length / 2, multiplexed.length / 3];
  return [arch.audit, arch.wide ? 1 : 0, base, end, flags, ...counts];
}

function sizeOf({ archs, entries }: Checked): number {
  let words = headerWords;
  for (const { table } of archs) {
    const { calls, twins, multiplexed } = tableOf(table);
    words += archWords + calls.length + twins.length + multiplexed.length;
  }
  for (const { names, rules } of entries) {
    words += 2 + names.length;
    for (const { conditions } of rules) words += ruleWords + conditionWords * conditions.length;
  }
  return words;
}

function putRule(words: Uint32Array, start: number, { action, conditions }: Rule): number {
  let at = start;
  words[at++] = action;
  words[at++] = conditions.length;
  for (const { index, op, value, mask } of conditions) {
    words[at++] = index;
    words[at++] = op;
    words[at++] = Number(value & half);
    words[at++] = Number(value >> halfBits);
    words[at++] = Number(mask & half);
    words[at++] = Number(mask >> halfBits);
  }
  return at;
}

/** Makes the question for the compiler. */
export function makeRequest(checked: Checked): Request {
  const { defaultAction, enosysAbove, archs, entries } = checked;
  const words = new Uint32Array(sizeOf(checked));
  const unknown = new Set<string>();
  words.set([defaultAction, enosysAbove ? 1 : 0, rowCount, archs.length, entries.length]);
  let at = headerWords;
  const put = (part: readonly number[] | Uint32Array): void => {
    words.set(part, at);
    at += part.length;
  };
  for (const arch of archs) {
    const { calls, twins, multiplexed } = tableOf(arch.table);
    for (const part of [describe(arch, archs), calls, twins, multiplexed]) put(part);
  }
  for (const { names, rules } of entries) {
    words[at++] = rules.length;
    const countAt = at++;
    for (const rule of rules) at = putRule(words, at, rule);
    const first = at;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? "";
      const row = rowOf(name);
      if (row === undefined) unknown.add(name);
      else words[at++] = row;
    }
    words[countAt] = at - first;
  }
  return { request: new Uint8Array(words.buffer, 0, at * words.BYTES_PER_ELEMENT), unknown: [...unknown] };
}
