// Changing CRIU's images as somebody would who wants more than the config gives.
import { readFileSync, writeFileSync } from "node:fs";

/** A field of a protobuf message: number, and a number or bytes. */
export type Field = readonly [number, bigint | Uint8Array];

function readVarint(bytes: Uint8Array, at: number): readonly [bigint, number] {
  let value = 0n;
  for (let index = at; ; index += 1) {
    const byte = bytes[index] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (index - at));
    if (byte < 0x80) return [value, index + 1];
  }
}

function varint(value: bigint): readonly number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];
}

/** Takes a message apart. */
export function decode(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [key, next] = readVarint(bytes, at);
    const [value, end] = readVarint(bytes, next);
    if ((key & 7n) === 0n) {
      fields.push([Number(key >> 3n), value]);
      at = end;
    } else {
      fields.push([Number(key >> 3n), bytes.subarray(end, end + Number(value))]);
      at = end + Number(value);
    }
  }
  return fields;
}

/** Puts a message together. */
export function encode(fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) =>
    typeof value === "bigint"
      ? Buffer.from([...varint(BigInt(number * 8)), ...varint(value)])
      : Buffer.concat([Buffer.from([...varint(BigInt(number * 8 + 2)), ...varint(BigInt(value.length))]), value]),
  );
  return Buffer.concat(parts);
}

/** A string as a field has it. */
export const text = (value: string): Uint8Array => Buffer.from(value);

/** Changes a field of a message: all of its values become one; undefined removes it. */
export function setField(fields: readonly Field[], number: number, value: Field[1] | undefined): readonly Field[] {
  const rest = fields.filter(([at]) => at !== number);
  return value === undefined ? rest : [...rest, [number, value]];
}

/** Changes a message that is in a field. */
export function within(
  fields: readonly Field[],
  number: number,
  change: (inside: readonly Field[]) => readonly Field[],
): readonly Field[] {
  return fields.map(([at, value]) => {
    const isIt = at === number && typeof value !== "bigint";
    return isIt ? [at, encode(change(decode(value)))] : [at, value];
  });
}

/** Changes the entries of an image file. */
export function changeImage(
  path: string,
  change: (entries: readonly (readonly Field[])[]) => readonly (readonly Field[])[],
) {
  const bytes = readFileSync(path);
  const entries: (readonly Field[])[] = [];
  for (let at = 8; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    entries.push(decode(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  const changed = change(entries).flatMap((fields) => {
    const entry = encode(fields);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(entry.length);
    return [size, entry];
  });
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 8), ...changed]));
}

/** Adds an entry to an image file. */
export function appendEntry(path: string, entry: readonly Field[]): void {
  changeImage(path, (entries) => [...entries, entry]);
}

/** The second magic number of images that no checkpoint of a simple container has. */
const magics = { "remap-fpath": 0x59133954, "ghost-file": 0x52583605 } as const;

/** Makes an image file. */
export function newImage(path: string, kind: keyof typeof magics, entries: readonly (readonly Field[])[]): void {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x54564319);
  head.writeUInt32LE(magics[kind], 4);
  writeFileSync(path, head);
  changeImage(path, () => entries);
}
