// A header of a tar archive in the format of GNU tar, as CRIU's dumps of a tmpfs have it. Every byte of it is accounted for.
import { ImageError } from "./image-error.ts";

export const block = 512;

/** The fields of a header that is well formed: text is one character a byte. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly link: string;
  readonly major: number;
  readonly minor: number;
  /** The 167 bytes that follow: the map of a sparse file, else zeros. */
  readonly rest: Uint8Array;
}

const latin1 = new TextDecoder("latin1");
const magic = "ustar  \0";
const checksumAt = 148;

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** A text, filled up with zeros. */
function textAt(bytes: Uint8Array, at: number, size: number): string {
  const field = bytes.subarray(at, at + size);
  const end = field.indexOf(0);
  if (end < 0) return latin1.decode(field);
  if (!isZero(field.subarray(end))) throw new ImageError("something follows the end of a text");
  return latin1.decode(field.subarray(0, end));
}

/** A number: octal digits and a NUL. */
export function octalAt(bytes: Uint8Array, at: number, size: number): number {
  const field = latin1.decode(bytes.subarray(at, at + size));
  if (!/^[0-7]+\0$/.test(field)) throw new ImageError("a number is not octal");
  return Number.parseInt(field, 8);
}

/** The same, or in base 256 for what octal digits cannot say: an id, or a time. Nothing depends on its value. */
function checkNumber(bytes: Uint8Array, at: number, size: number): void {
  const first = bytes[at];
  if (first !== 0x80 && first !== 0xff) octalAt(bytes, at, size);
}

function checkSum(bytes: Uint8Array): void {
  const sum = bytes.subarray(0, block).reduce((total, byte) => total + byte, 0);
  const own = bytes.subarray(checksumAt, checksumAt + 8).reduce((total, byte) => total + byte - 0x20, 0);
  const field = `${(sum - own).toString(8).padStart(6, "0")}\0 `;
  if (latin1.decode(bytes.subarray(checksumAt, checksumAt + 8)) !== field)
    throw new ImageError("the checksum of a header is wrong");
}

/** Device numbers stand in the headers of nodes alone. */
function readDevice(bytes: Uint8Array, isNode: boolean): { readonly major: number; readonly minor: number } {
  if (isNode) return { major: octalAt(bytes, 329, 8), minor: octalAt(bytes, 337, 8) };
  if (!isZero(bytes.subarray(329, 345))) throw new ImageError("an entry that is no device has a device number");
  return { major: 0, minor: 0 };
}

/**
 * Reads a header.
 *
 * @throws {ImageError}
 */
export function readHeader(bytes: Uint8Array): TarHeader {
  checkSum(bytes);
  if (latin1.decode(bytes.subarray(257, 265)) !== magic) throw new ImageError("a header is not one of GNU tar");
  octalAt(bytes, 100, 8);
  for (const [at, size] of [
    [108, 8],
    [116, 8],
    [136, 12],
  ] as const)
    checkNumber(bytes, at, size);
  const type = latin1.decode(bytes.subarray(156, 157));
  if (!isZero(bytes.subarray(265, 329))) throw new ImageError("an entry names its owner");
  return {
    name: textAt(bytes, 0, 100),
    type,
    size: octalAt(bytes, 124, 12),
    link: textAt(bytes, 157, 100),
    ...readDevice(bytes, type === "3" || type === "4"),
    rest: bytes.subarray(345, block),
  };
}
