// Values to protobuf's bytes and back, by the table of messages.
import type { FieldType } from "./messages.ts";
import { messages } from "./messages.ts";

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** A message as JSON. */
export type JsonObject = { readonly [name: string]: Json };

const scalars = new Set(["string", "int", "bool"]);
const delimited = 2;

function fieldsOf(message: string): Readonly<Record<string, FieldType>> {
  const fields = messages.get(message);
  if (fields === undefined) throw new Error(`no message ${message} in test/clients/cri/messages.ts`);
  return fields;
}

function varint(value: number | boolean): Buffer {
  const bytes: number[] = [];
  // A negative number is ten bytes long: the two's complement of 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function lengthed(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + delimited), varint(bytes.length), bytes]);
}

function encodeOne(number: number, type: string, value: Json): Buffer {
  if (typeof value === "number" || typeof value === "boolean")
    return Buffer.concat([varint(number * 8), varint(value)]);
  if (typeof value === "string") return lengthed(number, Buffer.from(value));
  if (value === null || isList(value)) throw new Error(`not a value of ${type}: ${JSON.stringify(value)}`);
  return lengthed(number, encode(type, value));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function encodeField([number, type]: FieldType, value: Json): Buffer {
  if (type === "{}" && typeof value === "object" && value !== null && !isList(value)) {
    const pairs = Object.entries(value);
    const entry = ([key, text]: readonly [string, Json]): Buffer =>
      lengthed(number, Buffer.concat([encodeOne(1, "string", key), encodeOne(2, "string", text)]));
    return Buffer.concat(pairs.map(entry));
  }
  const each = isList(value) ? value : [value];
  return Buffer.concat(each.map((one) => encodeOne(number, type.replace("[]", ""), one)));
}

/** The bytes of a message. A name that is not in the table is an error. */
export function encode(message: string, value: JsonObject): Buffer {
  const fields = fieldsOf(message);
  const parts = Object.entries(value).map(([name, one]) => {
    const field = fields[name];
    if (field === undefined) throw new Error(`${message} has no ${name} in test/clients/cri/messages.ts`);
    return encodeField(field, one);
  });
  return Buffer.concat(parts);
}

type Wire = { readonly number: number; readonly int: number; readonly bytes: Buffer };

/** The fields as they come: varints, and what has a length; CRI has no others. */
function* readWire(bytes: Buffer): Generator<Wire> {
  let at = 0;
  const next = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const key = next();
    const isDelimited = key % 8 === delimited;
    const int = next();
    if (isDelimited) at += int;
    yield { number: Math.floor(key / 8), int, bytes: isDelimited ? bytes.subarray(at - int, at) : Buffer.alloc(0) };
  }
}

function decodeOne(type: string, { int, bytes }: Wire): Json {
  if (type === "int") return int;
  if (type === "bool") return int !== 0;
  return type === "string" ? bytes.toString() : decode(type, bytes);
}

function decodeField(type: string, found: readonly Wire[]): Json {
  if (type.endsWith("[]")) return found.map((one) => decodeOne(type.slice(0, -2), one));
  const last = found.at(-1);
  if (last !== undefined) return decodeOne(type, last);
  // What is zero or empty is left out on the wire.
  return scalars.has(type) ? decodeOne(type, { number: 0, int: 0, bytes: Buffer.alloc(0) }) : null;
}

/** A message of bytes; what is not in the table is ignored. */
export function decode(message: string, bytes: Buffer): JsonObject {
  const wire = [...readWire(bytes)];
  const entries = Object.entries(fieldsOf(message)).map(([name, [number, type]]): readonly [string, Json] => [
    name,
    decodeField(
      type,
      wire.filter((one) => one.number === number),
    ),
  ]);
  return Object.fromEntries(entries);
}
