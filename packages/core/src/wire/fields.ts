// The values of an op's fields, checked against its row and put into their sections.

import { WireError } from "./error.ts";
import type { OpLayout } from "./image.ts";
import { maxName, maxPath } from "./image.ts";
import type { BlobSection, Reference, StringSection } from "./sections.ts";
import { nullReference } from "./sections.ts";
import type { DataRow, NumRow } from "./tables/op-table.ts";

/** The op at hand, for error texts. */
export interface OpContext {
  readonly layout: OpLayout;
  readonly index: number;
}

function fault({ layout, index }: OpContext, key: string, message: string): WireError {
  return new WireError("bad-plan", `\`${layout.name}\`: \`${key}\` ${message}`, index);
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

/** Reads a `string` field. */
export function readString(
  key: string,
  row: DataRow,
  value: unknown,
  strings: StringSection,
  context: OpContext,
): Reference {
  if (typeof value !== "string") throw fault(context, key, "is not a string");
  const reference = strings.add(value);
  if (reference === undefined) throw fault(context, key, "has a NUL, or a lone surrogate that is no byte");
  const wrong = formFault(row.form, value, reference.length);
  if (wrong !== undefined) throw fault(context, key, wrong);
  return reference;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Reads a `strings` field. None at all is the same as a field that is missing. */
export function readStrings(
  key: string,
  row: DataRow,
  value: unknown,
  strings: StringSection,
  context: OpContext,
): Reference {
  if (!isStrings(value)) throw fault(context, key, "is not a list of strings");
  if (value.length === 0) {
    if (row.optional) return nullReference;
    throw fault(context, key, "has no string");
  }
  const reference = strings.addRun(value);
  if (reference === undefined) throw fault(context, key, "has a NUL, or a lone surrogate that is no byte");
  return reference;
}

/** Reads a `bytes` field. */
export function readBytes(
  key: string,
  row: DataRow,
  value: unknown,
  blobs: BlobSection,
  context: OpContext,
): Reference {
  if (!(value instanceof Uint8Array)) throw fault(context, key, "is not bytes");
  if (value.length > 0) return blobs.add(value);
  if (row.optional) return nullReference;
  throw fault(context, key, "is empty");
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

/** Puts a number field, as 64 bits: two words, the low one first. */
export function putNumber(
  words: Uint32Array,
  at: number,
  key: string,
  row: NumRow,
  value: unknown,
  context: OpContext,
): void {
  // Every row takes 0, which the bytes are.
  if (value === 0) return;
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    if (!isInRow(value, row)) throw fault(context, key, `is out of range: ${value}`);
    words[at] = value;
    if (value < 0 || value >= word) words[at + 1] = Math.floor(value / word);
    return;
  }
  if (typeof value !== "bigint") throw fault(context, key, `is not a whole number: ${String(value)}`);
  const bits = wideBits(value, row);
  if (bits === undefined) throw fault(context, key, `is out of range: ${value}`);
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
