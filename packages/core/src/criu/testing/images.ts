// Images of CRIU, made by hand.

/** Numbers of fixed length: no image has any. */
type Fixed = Uint32Array | BigUint64Array;
/** A value of a field: a number, a text, bytes, a message, or several of them. */
export type Value = number | bigint | string | Uint8Array | Fixed | Fields | readonly Value[];
/** The fields of a message, by number. */
export interface Fields {
  readonly [field: number]: Value | undefined;
}

function varint(value: bigint): readonly number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isFixed(value: Value): value is Fixed {
  return value instanceof Uint32Array || value instanceof BigUint64Array;
}

function fixed(number: number, values: Fixed): readonly number[] {
  const { buffer, BYTES_PER_ELEMENT: size } = values;
  const key = varint(BigInt(number * 8 + (size === 4 ? 5 : 1)));
  return [...values.keys()].flatMap((index) => [...key, ...new Uint8Array(buffer, index * size, size)]);
}

function field(number: number, value: Value): readonly number[] {
  if (isFixed(value)) return fixed(number, value);
  if (typeof value === "number" || typeof value === "bigint")
    return [...varint(BigInt(number * 8)), ...varint(BigInt.asUintN(64, BigInt(value)))];
  if (isList(value)) return value.flatMap((one) => field(number, one));
  const bytes = typeof value === "string" ? Buffer.from(value) : value instanceof Uint8Array ? value : message(value);
  return [...varint(BigInt(number * 8 + 2)), ...varint(BigInt(bytes.length)), ...bytes];
}

/** A message. */
export function message(fields: Fields): Uint8Array {
  const all = Object.entries(fields).flatMap(([number, value]) =>
    value === undefined ? [] : field(Number(number), value),
  );
  return Uint8Array.from(all);
}

/** An image of messages. */
export function image(entries: readonly Fields[], head: readonly number[] = [0x54564319, 0]): Uint8Array {
  const words = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
    return bytes;
  };
  const parts = entries.map(message).flatMap((bytes) => [words(bytes.length), bytes]);
  return Uint8Array.from(Buffer.concat([words(...head), ...parts]));
}
