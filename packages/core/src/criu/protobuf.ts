// Reading protobuf messages of CRIU's images. They are another's: every length is checked.

/** A protobuf message: the values of each field, numbers or bytes, in order. */
export type Message = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

/** The bytes are no message. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

const maxVarint = 10;
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
  throw new ProtobufError("a number has no end");
}

function readBytes(cursor: Cursor, length: bigint): Uint8Array {
  const left = cursor.bytes.length - cursor.at;
  if (length > BigInt(left)) throw new ProtobufError("a field is longer than the message");
  const start = cursor.at;
  cursor.at += Number(length);
  return cursor.bytes.subarray(start, cursor.at);
}

function readValue(cursor: Cursor, type: number): bigint | Uint8Array {
  if (type === wire.varint) return readVarint(cursor);
  if (type === wire.fixed64) return readBytes(cursor, 8n);
  if (type === wire.fixed32) return readBytes(cursor, 4n);
  if (type === wire.delimited) return readBytes(cursor, readVarint(cursor));
  throw new ProtobufError(`a field has the unknown type ${type}`);
}

/** Reads a message. */
export function readMessage(bytes: Uint8Array): Message {
  const cursor: Cursor = { bytes, at: 0 };
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  while (cursor.at < bytes.length) {
    const key = readVarint(cursor);
    const number = Number(key >> 3n);
    const value = readValue(cursor, Number(key & 7n));
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [value]);
    else values.push(value);
  }
  return fields;
}

/** The last value of a field, as protobuf has it; the default where it is absent. */
export function numberOf(message: Message, field: number, absent = 0n): bigint {
  const value = message.get(field)?.at(-1);
  if (value === undefined) return absent;
  if (typeof value === "bigint") return value;
  throw new ProtobufError(`field ${field} is no number`);
}

/** Repeated numbers, packed or not. */
export function numbersOf(message: Message, field: number): readonly bigint[] {
  return (message.get(field) ?? []).flatMap((value) => {
    if (typeof value === "bigint") return [value];
    const cursor: Cursor = { bytes: value, at: 0 };
    const numbers: bigint[] = [];
    while (cursor.at < value.length) numbers.push(readVarint(cursor));
    return numbers;
  });
}

/** All byte strings of a field. */
export function listOf(message: Message, field: number): readonly Uint8Array[] {
  return (message.get(field) ?? []).map((value) => {
    if (typeof value !== "bigint") return value;
    throw new ProtobufError(`field ${field} is a number`);
  });
}

/** A field's text; undefined where it is absent. */
export function textOf(message: Message, field: number): string | undefined {
  const bytes = listOf(message, field).at(-1);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** A message in a field; undefined where it is absent. Of several, protobuf makes one: no image has any. */
export function messageOf(message: Message, field: number): Message | undefined {
  const all = listOf(message, field);
  if (all.length > 1) throw new ProtobufError(`field ${field} is there twice`);
  return all[0] === undefined ? undefined : readMessage(all[0]);
}
