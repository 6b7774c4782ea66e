// The values of an op's fields, checked against the op's row and put into the image: what the generated encoders call.

import { OpFault, WireError } from "../error.ts";
import { maxName, maxPath } from "../image.ts";
import type { DataRow, NumRow } from "../tables/op-table.ts";
import type { BlobSection, StringSection } from "./sections.ts";

/** An op by the keys of its fields. */
export interface Fields {
  readonly op: string;
  readonly phase: string;
  readonly [key: string]: unknown;
}

/** The error of an op in a phase that the op's row does not have. */
export function badPhase({ op, phase }: Fields): OpFault {
  return new OpFault(`\`${op}\` cannot be in phase ${phase}`);
}

function fault(op: Fields, key: string, message: string): OpFault {
  return new OpFault(`\`${op.op}\`: \`${key}\` ${message}`);
}

function isName(text: string): boolean {
  return text !== "" && text !== "." && text !== ".." && !text.includes("/");
}

/** Says what is wrong with a string of that form and size in bytes. */
function formFault(form: DataRow["form"], text: string, size: number): string | undefined {
  if (form === "path") {
    if (text === "") return "is an empty path";
    return size > maxPath ? `is a path of ${size} bytes, more than ${maxPath}` : undefined;
  }
  if (form === "name" && !(isName(text) && size <= maxName)) return `is not a name: ${JSON.stringify(text)}`;
  return undefined;
}

const notText = "has a NUL, or a lone surrogate that is no byte";

/** Puts a `string` field: a reference of two words. */
export function putString(
  words: Uint32Array,
  at: number,
  op: Fields,
  key: string,
  strings: StringSection,
  form?: DataRow["form"],
): void {
  const value = op[key];
  if (typeof value !== "string") throw fault(op, key, "is not a string");
  const length = strings.put(value, words, at);
  if (length < 0) throw fault(op, key, notText);
  if (form !== undefined) {
    const wrong = formFault(form, value, length);
    if (wrong !== undefined) throw fault(op, key, wrong);
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Puts a `strings` field. None at all is the same as an optional field that is missing. */
export function putStrings(
  words: Uint32Array,
  at: number,
  op: Fields,
  key: string,
  strings: StringSection,
  isOptional: boolean,
): void {
  const value = op[key];
  if (!isStrings(value)) throw fault(op, key, "is not a list of strings");
  if (value.length === 0) {
    if (isOptional) return;
    throw fault(op, key, "has no string");
  }
  if (strings.putRun(value, words, at) < 0) throw fault(op, key, notText);
}

/** Puts a `bytes` field. None at all is the same as an optional field that is missing. */
export function putBytes(
  words: Uint32Array,
  at: number,
  op: Fields,
  key: string,
  blobs: BlobSection,
  isOptional: boolean,
): void {
  const value = op[key];
  if (!(value instanceof Uint8Array)) throw fault(op, key, "is not bytes");
  if (value.length === 0) {
    if (isOptional) return;
    throw fault(op, key, "is empty");
  }
  words[at] = blobs.add(value);
  words[at + 1] = value.length;
}

/** The numbers that a field may have, and with what nearly all are checked: whole ones from 0 up to `most`, without these bits. */
export interface Limit {
  readonly row: NumRow;
  readonly most: number;
  readonly outside: number;
}

const maxInt = 2 ** 31 - 1;

/** What a row of the table allows. */
export function limitOf(row: NumRow): Limit {
  const { max = maxInt, mask = -1 } = row;
  return { row, most: Math.min(max, maxInt), outside: ~mask };
}

const word = 2 ** 32;

/** Whether a number that is exact fits its row. */
function isInRow(value: number, { signed, max, mask }: NumRow): boolean {
  if (value < 0 && (!signed || mask !== undefined)) return false;
  return (max === undefined || value <= max) && (mask === undefined || (value < word && (value & ~mask) === 0));
}

/** The same of a large one, with the 64 bits that it has in the image. */
function wideBits(value: bigint, { signed, max, mask }: NumRow): bigint | undefined {
  const wide = signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  const fits = wide === value && (max === undefined || value <= BigInt(max));
  const masked = mask === undefined || (value & ~BigInt(mask)) === 0n;
  return fits && masked ? BigInt.asUintN(64, value) : undefined;
}

/** Puts a number field that is not 0, as 64 bits: two words, the low one first. Every row takes 0, which the bytes are. */
export function putNumber(words: Uint32Array, at: number, op: Fields, key: string, limit: Limit): void {
  const value = op[key];
  if (typeof value === "number") {
    if (value > 0 && value <= limit.most && (value | 0) === value && (value & limit.outside) === 0) {
      words[at] = value;
      return;
    }
    if (Number.isSafeInteger(value)) {
      if (!isInRow(value, limit.row)) throw fault(op, key, `is out of range: ${value}`);
      words[at] = value;
      words[at + 1] = Math.floor(value / word);
      return;
    }
  }
  if (typeof value !== "bigint") throw fault(op, key, `is not a whole number: ${String(value)}`);
  const bits = wideBits(value, limit.row);
  if (bits === undefined) throw fault(op, key, `is out of range: ${value}`);
  words[at] = Number(bits & 0xffffffffn);
  words[at + 1] = Number(bits >> 32n);
}

/**
 * Checks the name of an input, which callers write as `--input NAME=…`.
 *
 * @throws {WireError} `bad-plan`
 */
export function checkInputName(name: string): void {
  if (isName(name) && !name.includes("=") && name.length <= maxName) return;
  throw new WireError("bad-plan", `this is no name for an input: ${JSON.stringify(name)}`);
}
