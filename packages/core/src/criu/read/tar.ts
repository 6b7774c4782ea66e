// The archive of a tmpfs, from which tar(1) makes files for CRIU. Only what tar(1) wrote for CRIU is read, and all else is
// refused, so that this reader and tar(1) cannot disagree. CRIU calls it with --sparse and --numeric-owner; its format is
// tar's own, which has no pax headers.
import { ImageError } from "./image-error.ts";
import type { TarHeader } from "./tar-header.ts";
import { block, isZero, readHeader } from "./tar-header.ts";
import { readSparse } from "./tar-sparse.ts";

/** An entry. Text has one character a byte. */
export interface TarEntry {
  readonly name: string;
  /** As in the header: `3` and `4` are character and block devices, `2` is a link. */
  readonly type: string;
  readonly major: number;
  readonly minor: number;
}

/** What tar(1) writes at once: the archive is of whole ones. */
const record = 20 * block;
const maxName = 16_384;
const latin1 = new TextDecoder("latin1");

/** File, hard link, link, character device, block device, directory, FIFO, sparse file. */
const entryTypes = "0123456S";
const linkTypes = "12";
/** The name, or the link, of the next entry, where that is longer than 100 bytes. */
const longName = "L";
const longLink = "K";

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** The content of an entry. What fills the last block is not looked at by tar(1). */
function take(cursor: Cursor, size: number): Uint8Array {
  const start = cursor.at;
  cursor.at += roundUp(size, block);
  if (cursor.at > cursor.bytes.length) throw new ImageError("it ends within an entry");
  return cursor.bytes.subarray(start, start + size);
}

function readLong(cursor: Cursor, { name, size, link, rest }: TarHeader): string {
  if (name !== "././@LongLink" || link !== "" || !isZero(rest)) throw new ImageError("a long name is none of tar's");
  if (size > maxName) throw new ImageError("a name is too long");
  const bytes = take(cursor, size);
  if (bytes.indexOf(0) !== size - 1) throw new ImageError("a long name does not end where it should");
  return latin1.decode(bytes.subarray(0, size - 1));
}

/** A name as `tar .` makes it: beneath a directory that came before, and no other entry's. */
function checkPlace(tree: ReadonlyMap<string, string>, name: string): void {
  checkName(name);
  const key = keyOf(name);
  if (tree.has(key)) throw new ImageError("two entries have one name");
  if (key !== "." && tree.get(key.slice(0, key.lastIndexOf("/"))) !== "5")
    throw new ImageError("an entry is in no directory");
}

function checkName(name: string): void {
  const parts = keyOf(name).split("/");
  if (!name.startsWith("./") || parts.slice(1).some((part) => part === "" || part === "." || part === ".."))
    throw new ImageError("a name does not begin at the root of the archive");
}

/** Directories have a slash at the end of their names. */
function keyOf(name: string): string {
  return name.endsWith("/") ? name.slice(0, -1) : name;
}

function checkRest({ type, size, link, rest }: TarHeader): void {
  if (type !== "S" && !isZero(rest)) throw new ImageError("a header has more than tar writes");
  if (type !== "0" && type !== "S" && size !== 0) throw new ImageError("an entry without content has a size");
  if (!linkTypes.includes(type) && link !== "") throw new ImageError("an entry that is no link has one");
}

/** The long name of an entry, which its header has the beginning of. */
function wholeName(long: string | undefined, short: string): string {
  if (long === undefined) return short;
  if (long.length <= short.length || !long.startsWith(short)) throw new ImageError("a long name is another's");
  return long;
}

function readEntry(cursor: Cursor): TarEntry {
  let header = readHeader(take(cursor, block));
  const long = new Map<string, string>();
  while (header.type === longName || header.type === longLink) {
    if (long.has(header.type)) throw new ImageError("an entry has two names");
    long.set(header.type, readLong(cursor, header));
    header = readHeader(take(cursor, block));
  }
  const { type, major, minor, size, rest } = header;
  if (!entryTypes.includes(type)) throw new ImageError(`an entry has the type ${JSON.stringify(type)}`);
  checkRest(header);
  const name = wholeName(long.get(longName), header.name);
  const link = wholeName(long.get(longLink), header.link);
  if (linkTypes.includes(type) && link === "") throw new ImageError("a link leads nowhere");
  if (type === "1") checkName(link);
  if (type === "S") cursor.at = readSparse(rest, cursor.bytes, cursor.at, size);
  take(cursor, size);
  return { name, type, major, minor };
}

/** Two blocks of zeros, and as many as fill the last record. */
function checkEnd({ bytes, at }: Cursor): void {
  if (bytes.length !== roundUp(at + 2 * block, record)) throw new ImageError("it does not end where it should");
  if (!isZero(bytes.subarray(at))) throw new ImageError("something follows its end");
}

/**
 * Lists an archive.
 *
 * @throws {ImageError}
 */
export function readTar(bytes: Uint8Array): readonly TarEntry[] {
  const cursor: Cursor = { bytes, at: 0 };
  const entries: TarEntry[] = [];
  const tree = new Map<string, string>();
  while (!isZero(bytes.subarray(cursor.at, cursor.at + block))) {
    const entry = readEntry(cursor);
    checkPlace(tree, entry.name);
    tree.set(keyOf(entry.name), entry.type);
    entries.push(entry);
  }
  checkEnd(cursor);
  return entries;
}
