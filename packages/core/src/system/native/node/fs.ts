// `node:fs` for the native front: those of its functions that the port's own files call, over the host. What they promise is
// Node's; nothing here decides anything.

import type { HostPath, HostStat } from "../host.ts";
import { readEntries, readNamed } from "./entries.ts";
import { checked, checkedNumber } from "./errno.ts";

/** asm-generic/fcntl.h: the host has other numbers on some machines, and translates. */
export const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_DIRECTORY: 0o200000,
  O_NOFOLLOW: 0o400000,
  X_OK: 1,
  W_OK: 2,
} as const;

const formatMask = 0o170000;

/** Numbers as Node gives them when it is asked for bigints; most readers want one or two of them. */
export class BigIntStats {
  /** As the host gives it: inode, device, mode, owner, group, major and minor of a device, milliseconds, links. */
  readonly found: HostStat;

  constructor(found: HostStat) {
    this.found = found;
  }

  get ino(): bigint {
    return this.found[0];
  }

  get dev(): bigint {
    return this.found[1];
  }

  get mode(): bigint {
    return BigInt(this.found[2]);
  }

  get uid(): bigint {
    return BigInt(this.found[3]);
  }

  get gid(): bigint {
    return BigInt(this.found[4]);
  }

  /** makedev(3). */
  get rdev(): bigint {
    if (this.found[5] === 0 && this.found[6] === 0) return 0n;
    const [high, low] = [BigInt(this.found[5]), BigInt(this.found[6])];
    return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
  }

  get mtimeMs(): bigint {
    return BigInt(this.found[7]);
  }

  get ctimeMs(): bigint {
    return BigInt(this.found[8]);
  }

  get nlink(): bigint {
    return BigInt(this.found[9]);
  }

  isDirectory(): boolean {
    return (this.found[2] & formatMask) === 0o040000;
  }

  isFile(): boolean {
    return (this.found[2] & formatMask) === 0o100000;
  }

  isSymbolicLink(): boolean {
    return (this.found[2] & formatMask) === 0o120000;
  }

  isCharacterDevice(): boolean {
    return (this.found[2] & formatMask) === 0o020000;
  }

  isBlockDevice(): boolean {
    return (this.found[2] & formatMask) === 0o060000;
  }

  isFIFO(): boolean {
    return (this.found[2] & formatMask) === 0o010000;
  }

  isSocket(): boolean {
    return (this.found[2] & formatMask) === 0o140000;
  }
}

interface StatOptions {
  readonly bigint?: boolean;
  readonly throwIfNoEntry?: boolean;
}

const enoent = -2;
const enotdir = -20;

function statOf(name: string, path: HostPath, follow: 0 | 1, options: StatOptions = {}): BigIntStats | undefined {
  const found = host.stat(path, follow);
  if ((found === enoent || found === enotdir) && options.throwIfNoEntry === false) return undefined;
  return new BigIntStats(checked(found, name, path));
}

export function statSync(path: HostPath, options?: StatOptions): BigIntStats | undefined {
  return statOf("stat", path, 1, options);
}

export function lstatSync(path: HostPath, options?: StatOptions): BigIntStats | undefined {
  return statOf("lstat", path, 0, options);
}

export function fstatSync(fd: number): BigIntStats {
  return new BigIntStats(checked(host.fstat(fd), "fstat"));
}

export function statfsSync(path: HostPath): { readonly type: number } {
  return { type: checkedNumber(host.statfs(path), "statfs", path) };
}

export function openSync(path: HostPath, flags: number, mode = 0o666): number {
  return checkedNumber(host.open(path, flags, mode), "open", path);
}

export function closeSync(fd: number): void {
  checkedNumber(host.close(fd), "close");
}

export function readSync(fd: number, into: Uint8Array, at: number, most: number): number {
  return checkedNumber(host.read(fd, into, at, most), "read");
}

export function writeSync(fd: number, bytes: Uint8Array, at = 0): number {
  return checkedNumber(host.write(fd, bytes, at), "write");
}

export function writeFileSync(fd: number, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? host.encode(content) : content;
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Text where Node is asked for none of its kinds. */
export function readlinkSync(path: HostPath, kind?: "buffer"): string | Uint8Array {
  const bytes = checked(host.readlink(path), "readlink", path);
  return kind === "buffer" ? bytes : (host.decode(bytes) ?? "\ufffd");
}

function listEntries<Names>(path: HostPath, read: (fd: number) => Names): Names {
  const { O_DIRECTORY, O_RDONLY } = constants;
  const fd = checkedNumber(host.open(path, O_RDONLY | O_DIRECTORY, 0), "scandir", path);
  try {
    return read(fd);
  } finally {
    host.close(fd);
  }
}

/** As in Node, a name that is not UTF-8 has U+FFFD where it is asked for as text. */
export function readdirSync(
  path: HostPath,
  how: "buffer" | { readonly encoding?: "buffer"; readonly withFileTypes: true },
): readonly unknown[] {
  if (how !== "buffer" && how.encoding !== "buffer") return listEntries(path, (fd) => readNamed(fd, path));
  const entries = listEntries(path, (fd) => readEntries(fd, path));
  return how === "buffer" ? entries.map(({ name }) => name) : entries;
}

export function mkdirSync(path: HostPath, { mode }: { readonly mode: number }): void {
  checkedNumber(host.mkdir(path, mode), "mkdir", path);
}

export function rmdirSync(path: HostPath): void {
  checkedNumber(host.unlink(path, 1), "rmdir", path);
}

export function unlinkSync(path: HostPath): void {
  checkedNumber(host.unlink(path, 0), "unlink", path);
}

/** Of a file, where none is no error. */
export function rmSync(path: HostPath): void {
  const result = host.unlink(path, 0);
  if (result !== enoent) checkedNumber(result, "rm", path);
}

export function renameSync(from: HostPath, to: HostPath): void {
  checkedNumber(host.rename(from, to), "rename", from);
}

export function linkSync(from: HostPath, to: HostPath): void {
  checkedNumber(host.link(from, to), "link", from);
}

export function accessSync(path: HostPath, how: number): void {
  checkedNumber(host.access(path, how), "access", path);
}
