import type { ImageMount } from "./checkpoint.ts";
import { ImageError } from "./image-error.ts";
import type { Message } from "./protobuf.ts";
import { boolOf, textOf, uint32Of } from "./protobuf.ts";

/**
 * MS_* that a mount can have, of those that mountinfo tells, and that its file system can have. CRIU passes both to mount(2),
 * where MS_BIND, MS_MOVE and MS_REMOUNT say what is done.
 */
const mountFlags = 0x1 | 0x2 | 0x4 | 0x8 | 0x100 | 0x400 | 0x800 | 0x1e0000 | 0x200000 | 0x1000000;
const fileSystemFlags = 0x1 | 0x10 | 0x40 | 0x80 | 0x2000000;

function checkFlags(what: string, flags: number, known: number): void {
  const more = flags & ~known;
  if (more !== 0) throw new ImageError(`${what} flags 0x${(more >>> 0).toString(16)}, which no mount has`);
}

/** A path of which nothing is to be resolved. */
export function isPlainPath(path: string): boolean {
  const parts = path.split("/").slice(1);
  if (path === "/") return true;
  return path.startsWith("/") && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * Reads a mount. What older versions of CRIU wrote in other words is refused: it is not what the flags and keys say.
 *
 * @throws {ImageError}
 */
export function toMount(entry: Message): ImageMount {
  const point = textOf(entry, 7) ?? "";
  const root = textOf(entry, 6) ?? "";
  const external = textOf(entry, 18);
  const at = `the mount on ${JSON.stringify(point)}`;
  // What is bound beneath a mount of the config is found by it.
  if (!isPlainPath(point)) throw new ImageError(`${at} is at no plain path`);
  if (boolOf(entry, 13)) throw new ImageError(`${at} is external in the way of an old version`);
  if (boolOf(entry, 16)) throw new ImageError(`${at} is of a deleted file`);
  if (!entry.has(17)) throw new ImageError(`${at} has its flags in the way of an old version`);
  const flags = uint32Of(entry, 5);
  checkFlags(`${at} has`, flags, mountFlags);
  checkFlags(`the file system of ${at} has`, uint32Of(entry, 17), fileSystemFlags);
  if (external === undefined && !isPlainPath(root)) throw new ImageError(`${at} shows ${JSON.stringify(root)}`);
  return {
    type: uint32Of(entry, 1),
    id: uint32Of(entry, 2),
    device: uint32Of(entry, 3),
    parent: uint32Of(entry, 4),
    flags,
    root,
    point,
    options: textOf(entry, 9) ?? "",
    shared: uint32Of(entry, 10),
    master: uint32Of(entry, 11),
    external,
    isForeign: boolOf(entry, 12),
  };
}
