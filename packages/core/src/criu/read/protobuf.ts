// Reading protobuf messages of CRIU's images. They are another's: every length is checked, and what CRIU's own decoder
// (protobuf-c) could read as something else is refused.
import { ImageError } from "./image-error.ts";

/** Numbers, bytes, or null for the types of fixed length: no field that is read here has one, and CRIU refuses it there. */
type Value = bigint | Uint8Array | null;

/** A protobuf message: the values of each field, in order. */
export type Message = ReadonlyMap<number, readonly Value[]>;

/** CLOCK_REALTIME_ALARM and CLOCK_BOOTTIME_ALARM of clock_getres(2). */
export const alarms: ReadonlySet<number> = new Set([8, 9]);
const maxVarint = 10;
const maxField = 2n ** 29n - 1n;
const maxUint32 = 0xffffffffn;
const wire = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function readVarint(cursor: Cursor): bigint {
  let value = 0n;
  for (let index = 0; index < maxVarint; index += 1) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) break;
    cursor.at += 1;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw new ImageError("a number has no end");
}

function readBytes(cursor: Cursor, length: bigint): Uint8Array {
  const left = cursor.bytes.length - cursor.at;
  if (length > BigInt(left)) throw new ImageError("a field is longer than the message");
  const start = cursor.at;
  cursor.at += Number(length);
  return cursor.bytes.subarray(start, cursor.at);
}

function skip(cursor: Cursor, length: bigint): null {
  readBytes(cursor, length);
  return null;
}

function readValue(cursor: Cursor, type: number): Value {
  if (type === wire.varint) return readVarint(cursor);
  if (type === wire.fixed64) return skip(cursor, 8n);
  if (type === wire.fixed32) return skip(cursor, 4n);
  if (type === wire.delimited) return readBytes(cursor, readVarint(cursor));
  throw new ImageError(`a field has the unknown type ${type}`);
}

/**
 * Reads a message.
 *
 * @throws {ImageError}
 */
export function readMessage(bytes: Uint8Array): Message {
  const cursor: Cursor = { bytes, at: 0 };
  const fields = new Map<number, Value[]>();
  while (cursor.at < bytes.length) {
    const key = readVarint(cursor);
    const number = key >> 3n;
    if (number === 0n || number > maxField) throw new ImageError(`there is no field ${number}`);
    const value = readValue(cursor, Number(key & 7n));
    const values = fields.get(Number(number));
    if (values === undefined) fields.set(Number(number), [value]);
    else values.push(value);
  }
  return fields;
}

/** The one value of a field. Of several protobuf takes the last, or makes one message: no image has any. */
function singleOf(message: Message, field: number): Value | undefined {
  const values = message.get(field) ?? [];
  if (values.length > 1) throw new ImageError(`field ${field} is there twice`);
  return values[0];
}

function toBytes(value: Value, field: number): Uint8Array {
  if (value === null) throw new ImageError(`field ${field} is of fixed length`);
  if (typeof value !== "bigint") return value;
  throw new ImageError(`field ${field} is a number`);
}

/** A field's bytes; undefined where it is absent. */
export function bytesOf(message: Message, field: number): Uint8Array | undefined {
  const value = singleOf(message, field);
  return value === undefined ? undefined : toBytes(value, field);
}

/** A number of 64 bits; the default where it is absent. */
export function uint64Of(message: Message, field: number, absent = 0n): bigint {
  const value = singleOf(message, field);
  if (value === undefined) return absent;
  if (typeof value === "bigint") return value;
  throw new ImageError(`field ${field} is no number`);
}

/** Of a longer number CRIU's decoder takes the low 32 bits. */
function toUint32(value: bigint, field: number): number {
  if (value > maxUint32) throw new ImageError(`field ${field} is longer than 32 bits`);
  return Number(value);
}

/** A number of 32 bits; 0 where it is absent. */
export function uint32Of(message: Message, field: number): number {
  return toUint32(uint64Of(message, field), field);
}

/** A signed number of 32 bits, of which the lowest bit is the sign (sint32); 0 where it is absent. */
export function sint32Of(message: Message, field: number): number {
  const value = uint32Of(message, field);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** A signed number of 32 bits, written with 64 where it is negative (int32); 0 where it is absent. */
export function int32Of(message: Message, field: number): number {
  const value = BigInt.asIntN(64, uint64Of(message, field));
  if (value !== BigInt.asIntN(32, value)) throw new ImageError(`field ${field} is longer than 32 bits`);
  return Number(value);
}

/** Yes or no; no where it is absent. */
export function boolOf(message: Message, field: number): boolean {
  const value = uint64Of(message, field);
  if (value > 1n) throw new ImageError(`field ${field} is neither yes nor no`);
  return value === 1n;
}

/** Repeated numbers of 32 bits, packed or not. */
export function uint32sOf(message: Message, field: number): readonly number[] {
  return (message.get(field) ?? []).flatMap((value) => {
    if (typeof value === "bigint") return [toUint32(value, field)];
    const bytes = toBytes(value, field);
    const cursor: Cursor = { bytes, at: 0 };
    const numbers: number[] = [];
    while (cursor.at < bytes.length) numbers.push(toUint32(readVarint(cursor), field));
    return numbers;
  });
}

/** All byte strings of a field. */
export function listOf(message: Message, field: number): readonly Uint8Array[] {
  return (message.get(field) ?? []).map((value) => toBytes(value, field));
}

/** A field's text; undefined where it is absent. */
export function textOf(message: Message, field: number): string | undefined {
  const bytes = bytesOf(message, field);
  return bytes === undefined ? undefined : toText(bytes, field);
}

/** Reads the bytes of a field as text. CRIU reads it up to a NUL. */
export function toText(bytes: Uint8Array, field: number): string {
  if (bytes.includes(0)) throw new ImageError(`field ${field} has a NUL in it`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ImageError(`field ${field} is no UTF-8`);
  }
}

/** A message in a field; undefined where it is absent. */
export function messageOf(message: Message, field: number): Message | undefined {
  const bytes = bytesOf(message, field);
  return bytes === undefined ? undefined : readMessage(bytes);
}
