// Files that the caller names to be read. A device is not opened, as that alone can do something.
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import { call } from "../call.ts";
import { toNode, toText } from "../text.ts";
import { leadsBack } from "./hold.ts";
import { isOwnLink } from "./output.ts";
import { scratch } from "./scratch.ts";

const oPath = 0o10000000;
const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fs.constants;
/** How long a writer may leave a pipe empty. */
const emptyMs = 10_000;
const pauseMs = 5;

/** Opens a file, or a pipe; a device only where it is a descriptor of the process. */
function openNamed(path: string): number {
  const named = fs.openSync(toNode(path), oPath);
  try {
    const seen = fs.fstatSync(named, { bigint: true });
    if (seen.isBlockDevice() || (seen.isCharacterDevice() && !isOwnLink(path)))
      throw new SystemError("open", path, "EPERM");
    // Through the descriptor, where /proc leads to it: the path may lead to another by now.
    const again = leadsBack(named) ? `/proc/self/fd/${named}` : toNode(path);
    const fd = fs.openSync(again, O_RDONLY | O_NOCTTY | O_NONBLOCK);
    const opened = fs.fstatSync(fd, { bigint: true });
    if (opened.ino === seen.ino && opened.dev === seen.dev) return fd;
    fs.closeSync(fd);
    throw new SystemError("open", path, "EBUSY");
  } finally {
    fs.closeSync(named);
  }
}

/** Reads a piece; undefined where a pipe has nothing yet. */
function readPiece(fd: number, most: number): number | undefined {
  try {
    return fs.readSync(fd, scratch, 0, most, null);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw error;
  }
}

function readAll(path: string, fd: number, limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  const end = performance.now() + emptyMs;
  for (let total = 0; ; ) {
    const count = readPiece(fd, Math.min(scratch.length, limit + 1 - total));
    if (count === 0) return Buffer.concat(chunks, total);
    if (count === undefined) {
      if (performance.now() > end) throw new SystemError("read", path, "ETIMEDOUT");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
      continue;
    }
    total += count;
    if (total > limit) throw new SystemError("read", path, "EFBIG");
    chunks.push(scratch.slice(0, count));
  }
}

/** Reads a file of at most `limit` bytes; EFBIG when it is longer, EPERM when it is a device. A pipe is waited for a while. */
export function readNamed(path: string, limit: number): Uint8Array {
  return call("open", path, () => {
    const fd = openNamed(path);
    try {
      return readAll(path, fd, limit);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** The same as text. */
export function readNamedText(path: string, limit: number): string {
  return toText(readNamed(path, limit));
}
