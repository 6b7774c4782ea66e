// Files: bounded reads, atomic writes, and only the removals that the state directory needs.
import * as fs from "node:fs";
import { geteuid, versions } from "node:process";
import { SystemError } from "../../error.ts";
import type { FileKind, FileStat } from "../../port.ts";
import { call } from "../call.ts";
import { toNode, toText } from "../text.ts";
import { scratch } from "./scratch.ts";
import { toStat } from "./stat.ts";

const { constants } = fs;

function readAll(path: string, fd: number, limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const count = fs.readSync(fd, scratch, 0, Math.min(scratch.length, limit + 1 - total), null);
    if (count === 0) break;
    total += count;
    if (total > limit) throw new SystemError("read", path, "EFBIG");
    chunks.push(scratch.slice(0, count));
  }
  const [first] = chunks;
  // Most files come in one piece, which is a copy already.
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, total);
}

const toRead = constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK;

/** Reads a file of at most `limit` bytes; EFBIG when it is longer. A FIFO without a writer is not waited for. */
export function readBytes(path: string, limit: number): Uint8Array {
  return call("open", path, (at) => {
    const fd = fs.openSync(at, toRead);
    try {
      return readAll(path, fd, limit);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** The same of a regular file: ELOOP for a link, EPERM for anything else. What was opened is what is judged and read. */
export function readRegular(path: string, limit: number): Uint8Array {
  return call("open", path, (at) => {
    const fd = fs.openSync(at, toRead | constants.O_NOFOLLOW);
    try {
      if (!fs.fstatSync(fd, { bigint: true }).isFile()) throw new SystemError("open", path, "EPERM");
      return readAll(path, fd, limit);
    } finally {
      fs.closeSync(fd);
    }
  });
}

export function readText(path: string, limit: number): string {
  return toText(readBytes(path, limit));
}

export function readLink(path: string): string {
  return toText(call("readlink", path, (at) => fs.readlinkSync(at, "buffer")));
}

export function stat(path: string, options: { readonly follow?: boolean } = {}): FileStat {
  const follow = options.follow ?? true;
  return toStat(
    call("stat", path, (at) => (follow ? fs.statSync(at, { bigint: true }) : fs.lstatSync(at, { bigint: true }))),
  );
}

export function findStat(path: string, options: { readonly follow?: boolean } = {}): FileStat | undefined {
  const look = options.follow === false ? fs.lstatSync : fs.statSync;
  try {
    const found = call("stat", path, (at) => look(at, { bigint: true, throwIfNoEntry: false }));
    return found === undefined ? undefined : toStat(found);
  } catch (error) {
    // Node's lstatSync throws for a name beneath a file, and its statSync does not.
    if (SystemError.is(error) && error.errno === "ENOTDIR") return undefined;
    throw error;
  }
}

export function canAccess(path: string, how: "write" | "execute"): boolean {
  try {
    // Deno compares the bits of the mode, which are not asked of root.
    if (how === "write" && "deno" in versions && geteuid?.() === 0) return findStat(path) !== undefined;
    fs.accessSync(toNode(path), how === "write" ? constants.W_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function listDir(path: string): readonly string[] {
  return call("readdir", path, (at) => fs.readdirSync(at, "buffer").map(toText));
}

/** Undefined where the file system does not tell in a directory what its entries are. */
function kindOfEntry(entry: fs.Dirent<Buffer> | fs.Dirent): FileKind | undefined {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isCharacterDevice()) return "char";
  if (entry.isBlockDevice()) return "block";
  if (entry.isSocket()) return "socket";
  return entry.isFIFO() ? "fifo" : undefined;
}

export function listTyped(path: string): readonly { readonly name: string; readonly kind: FileKind }[] {
  const typed = (name: string, entry: fs.Dirent<Buffer> | fs.Dirent) => {
    return { name, kind: kindOfEntry(entry) ?? stat(`${path}/${name}`, { follow: false }).kind };
  };
  return call("readdir", path, (at) => {
    const entries = fs.readdirSync(at, { withFileTypes: true });
    // Node's own reader is quick; what is no UTF-8 has U+FFFD in it then, and is read again as bytes.
    if (!entries.some(({ name }) => name.includes("\ufffd"))) return entries.map((entry) => typed(entry.name, entry));
    const raw = fs.readdirSync(at, { encoding: "buffer", withFileTypes: true });
    return raw.map((entry) => typed(toText(entry.name), entry));
  });
}

export function makeDir(path: string): void {
  call("mkdir", path, (at) => fs.mkdirSync(at, { mode: 0o700 }));
}

function removeQuietly(call: () => void): void {
  try {
    call();
  } catch (error) {
    const errno = SystemError.is(error) ? error.errno : error instanceof Error && "code" in error ? error.code : "";
    if (errno !== "ENOENT") throw error;
  }
}

/** Removes a file, or an empty directory in the place of one. A link is not followed. */
function removeFile(path: string | Buffer): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EISDIR")) throw error;
    fs.rmdirSync(path);
  }
}

/** Removes the named files in their order, and what an interrupted write left of them. */
function removeFiles(path: string, names: readonly string[]): void {
  const found = listDir(path);
  for (const known of names)
    for (const name of found.filter((one) => one === known || one.startsWith(`${known}.`)))
      removeQuietly(() => removeFile(toNode(`${path}/${name}`)));
}

/** How often somebody may make one of the files again, as who looks whether a lock is held does. */
const maxMadeAgain = 64;

/** Removes the named files, what an interrupted write left, and then the directory. */
export function removeDir(path: string, names: readonly string[]): void {
  const isFull = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOTEMPTY";
  call("rmdir", path, (at) => {
    for (let tries = 1; ; tries++)
      try {
        removeQuietly(() => removeFiles(path, names));
        return removeQuietly(() => fs.rmdirSync(at));
      } catch (error) {
        if (!isFull(error) || tries === maxMadeAgain) throw error;
      }
  });
}
