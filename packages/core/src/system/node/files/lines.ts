// Tables, which may be of any length, as whoever mounts or has users likes.
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import { call } from "../call.ts";
import { toText } from "../text.ts";
import { scratch } from "./scratch.ts";

const { constants } = fs;
/** No table of the kernel or of users is longer. */
const maxTable = 1024 * 1024 * 1024;
const newline = 0x0a;

/** Pieces of a file that end with a newline, but for the last one. */
function* readPieces(path: string, fd: number): Iterable<string> {
  let rest: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const count = call("read", path, () => fs.readSync(fd, scratch, 0, scratch.length, null));
    if (count === 0) break;
    total += count;
    if (total > maxTable) throw new SystemError("read", path, "EFBIG");
    const end = scratch.subarray(0, count).lastIndexOf(newline) + 1;
    const whole = end > 0 ? toText(Buffer.concat([...rest, scratch.subarray(0, end)])) : "";
    if (end > 0) rest = [];
    if (end < count) rest.push(scratch.slice(end, count));
    // Last: whoever takes the piece may read another file.
    if (end > 0) yield whole;
  }
  if (rest.length > 0) yield toText(Buffer.concat(rest));
}

/** Reads a table line by line. The memory that it takes is that of the longest line. */
export function* readLines(path: string): Iterable<string> {
  const flags = constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK;
  const fd = call("open", path, (at) => fs.openSync(at, flags));
  try {
    for (const piece of readPieces(path, fd)) {
      const lines = piece.split("\n");
      if (lines.at(-1) === "") lines.pop();
      yield* lines;
    }
  } finally {
    fs.closeSync(fd);
  }
}
