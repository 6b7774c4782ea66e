// Tables, which may be of any length, as whoever mounts or has users likes.
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import { call } from "../call.ts";
import { toText } from "../text.ts";

const { constants } = fs;
const chunkSize = 65536;
/** No table of the kernel or of users is longer. */
const maxTable = 1024 * 1024 * 1024;
const newline = 0x0a;

/** Pieces of a file that end with a newline, but for the last one. */
function* readPieces(path: string, fd: number): Iterable<string> {
  const chunk = new Uint8Array(chunkSize);
  let rest: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const count = call("read", path, () => fs.readSync(fd, chunk, 0, chunkSize, null));
    if (count === 0) break;
    total += count;
    if (total > maxTable) throw new SystemError("read", path, "EFBIG");
    const end = chunk.subarray(0, count).lastIndexOf(newline) + 1;
    if (end > 0) {
      yield toText(Buffer.concat([...rest, chunk.subarray(0, end)]));
      rest = [];
    }
    if (end < count) rest.push(chunk.slice(end, count));
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
