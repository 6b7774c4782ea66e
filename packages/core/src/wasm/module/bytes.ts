// Reading the binary format of WebAssembly: bounded, and every fault has its section and offset.
import { CofferError } from "../../errors.ts";

/** A module that is not as it has to be. */
export function invalidModule(
  message: string,
  at: { readonly section?: string; readonly offset?: number } = {},
): CofferError {
  const { section, offset } = at;
  const where = [
    ...(section === undefined ? [] : [`section ${section}`]),
    ...(offset === undefined ? [] : [`offset 0x${offset.toString(16)}`]),
  ];
  return new CofferError(
    "E_MODULE_INVALID",
    `the module ${message}${where.length === 0 ? "" : ` (${where.join(", ")})`}`,
    at,
  );
}

const tooLarge = "has a number of more than 32 bits";
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A place in the bytes, and an end that it does not pass. */
export interface ModuleReader {
  readonly end: number;
  /** The offset of what is read next. */
  at(): number;
  isAtEnd(): boolean;
  fail(message: string, offset?: number): never;
  byte(): number;
  /** An unsigned LEB128 number of 32 bits. */
  u32(): number;
  /** The number of the elements that follow, each of which has a byte at least. */
  count(): number;
  skip(size: number): void;
  name(): string;
  /** What follows, as a section of its own. */
  part(size: number, section: string): ModuleReader;
}

/** Reads from one offset to another. */
export function moduleReader(bytes: Uint8Array, begin: number, end: number, section?: string): ModuleReader {
  let at = begin;
  const fail = (message: string, offset = at): never => {
    throw invalidModule(message, { offset, ...(section === undefined ? {} : { section }) });
  };
  const byte = (): number => {
    const value = at < end ? bytes[at] : undefined;
    if (value === undefined) return fail("is truncated");
    at += 1;
    return value;
  };
  const u32 = (): number => {
    const first = at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const one = byte();
      value += (one & 0x7f) * 2 ** shift;
      if ((one & 0x80) === 0) return value > 0xffff_ffff ? fail(tooLarge, first) : value;
    }
    return fail(tooLarge, first);
  };
  const skip = (size: number): void => {
    if (size > end - at) fail("is truncated");
    at += size;
  };
  const count = (): number => {
    const first = at;
    const value = u32();
    return value > end - at ? fail("is truncated", first) : value;
  };
  const name = (): string => {
    const size = u32();
    const first = at;
    skip(size);
    try {
      return decoder.decode(bytes.subarray(first, at));
    } catch {
      return fail("has a name that is not UTF-8", first);
    }
  };
  const part = (size: number, of: string): ModuleReader => {
    const first = at;
    skip(size);
    return moduleReader(bytes, first, first + size, of);
  };
  return { end, at: () => at, isAtEnd: () => at >= end, fail, byte, u32, count, skip, name, part };
}
