// What the host tells of a file, as the port has it.
import { kinds } from "../../node/files/stat.ts";
import type { FileStat } from "../../port.ts";
import type { BigIntStats } from "./fs.ts";

const typeShift = 12;

/** By index: an engine without a compiler makes an object to take an array apart. */
export function toStat({ found }: BigIntStats): FileStat {
  const mode = found[2];
  return {
    kind: kinds[mode >> typeShift] ?? "file",
    mode: mode & 0o7777,
    uid: found[3],
    gid: found[4],
    major: found[5],
    minor: found[6],
    inode: found[0],
    device: found[1],
    links: found[9],
    modified: found[7],
  };
}
