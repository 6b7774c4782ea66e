// The distinguished encoding rules of ASN.1 (X.690), as far as a certificate needs them.

const lengthOf = (size: number): readonly number[] => {
  if (size < 0x80) return [size];
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
};

const tagged =
  (tag: number) =>
  (...parts: readonly Uint8Array[]): Uint8Array => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
  };

export const sequence = tagged(0x30);
export const set = tagged(0x31);
export const octets = tagged(0x04);

/** A tag that the type around it gives a meaning to. */
export const explicit = (number: number) => tagged(0xa0 | number);
export const implicit = (number: number) => tagged(0x80 | number);

/** A whole number of bytes, above zero. */
export const integer = (bytes: Uint8Array): Uint8Array =>
  tagged(0x02)((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);

export const boolean = (value: boolean): Uint8Array => tagged(0x01)(Buffer.from([value ? 0xff : 0]));
export const utf8 = (text: string): Uint8Array => tagged(0x0c)(Buffer.from(text, "utf8"));

/** Bits that fill bytes, or the first bits of one byte. */
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array => tagged(0x03)(Buffer.from([unused]), bytes);

/** A time in UTC, as RFC 5280 (section 4.1.2.5) wants it until 2049. */
export const time = (at: Date): Uint8Array => {
  const text = at.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17)(Buffer.from(`${text}Z`, "latin1"));
};

/** The name of a thing, such as `2.5.4.3`. */
export function identifier(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const toBase128 = (value: number): readonly number[] => {
    const bytes = [value % 128];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
      bytes.unshift((left % 128) | 0x80);
    return bytes;
  };
  return tagged(0x06)(Buffer.from([first * 40 + second, ...rest.flatMap(toBase128)]));
}
