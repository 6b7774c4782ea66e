// In the place of system/node/files/kinds.ts: the engine looks all of the paths up at once.
import { encodeText } from "../../wire/utf8.ts";
import { changedSince as changedOneByOne, kindsOf as oneByOne } from "../node/files/kinds.ts";
import type { FileKind } from "../port.ts";

/** The types of stat(2)'s mode, by their digits. */
const kinds: Readonly<Record<string, FileKind>> = {
  "1": "fifo",
  "2": "char",
  "4": "directory",
  "6": "block",
  "8": "file",
  a: "link",
  c: "socket",
};

/** What each of these paths is; undefined for one that cannot be looked up. */
export function kindsOf(
  paths: readonly string[],
  options: { readonly follow?: boolean } = {},
): readonly (FileKind | undefined)[] {
  if (paths.length === 0) return [];
  const bytes = encodeText(`${paths.join("\0")}\0`);
  const found = bytes && host.kinds(bytes, options.follow === false ? 0 : 1);
  // A path with a NUL in it is two.
  if (typeof found !== "string" || found.length !== paths.length) return oneByOne(paths, options);
  return [...found].map((digit) => kinds[digit]);
}

/** Whether nothing is there under all of these names. False if one cannot be looked up. */
export function areMissing(paths: readonly string[]): boolean {
  const bytes = encodeText(`${paths.join("\0")}\0`);
  return bytes !== undefined && host.kinds(bytes, 0) === "-".repeat(paths.length);
}

/** Which of these paths are there and have changed since a moment, in milliseconds since 1970. */
export function changedSince(paths: readonly string[], since: number): readonly boolean[] {
  if (paths.length === 0) return [];
  const bytes = encodeText(`${paths.join("\0")}\0`);
  const found = bytes && host.kinds(bytes, 0, since);
  if (typeof found !== "string" || found.length !== paths.length) return changedOneByOne(paths, since);
  return [...found].map((digit) => kinds[digit] !== undefined);
}
