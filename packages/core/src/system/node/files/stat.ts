// What Node tells of a file. The native front has another one in its place, without large numbers (scripts/front/bundle.mjs).
import type { BigIntStats } from "node:fs";
import type { FileKind, FileStat } from "../../port.ts";

/** The kinds by the type bits of a mode: inode(7). */
export const kinds: readonly (FileKind | undefined)[] = [
  ...[undefined, "fifo", "char", undefined, "directory", undefined, "block", undefined],
  ...["file", undefined, "link", undefined, "socket"],
] as const;
const typeShift = 12;

const noDevice = { major: 0, minor: 0 };

// dev_t as the kernel gives it to user space: makedev(3).
function splitDevice(rdev: bigint): { readonly major: number; readonly minor: number } {
  if (rdev === 0n) return noDevice;
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/** What Node tells of a file, as the port has it. */
export function toStat(stats: BigIntStats): FileStat {
  const mode = Number(stats.mode);
  const { major, minor } = splitDevice(stats.rdev);
  return {
    kind: kinds[mode >> typeShift] ?? "file",
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    major,
    minor,
    inode: stats.ino,
    device: stats.dev,
    links: Number(stats.nlink),
    modified: Number(stats.mtimeMs),
  };
}
