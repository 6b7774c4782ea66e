// The files of a checkpoint: CRIU opens what it finds by name, and nobody else may change what that is.
import { quote } from "../../errors.ts";
import type { Dir, System } from "../../system/port.ts";

/** What CRIU writes when an earlier dump was a parent: the one link that images have. */
const parentLink = "parent";
const maxParents = 64;
const othersWrite = 0o022;

/** Everything that is wrong with the files. What is opened is looked at: not what had the name before. */
export function checkDirectory(system: System, dir: Dir, depth = 0): readonly string[] {
  return dir.list().flatMap((name) => {
    const { kind, uid, mode } = dir.stat(name);
    if (name === parentLink && kind === "link") return checkParent(system, dir, depth);
    if (kind !== "file" && kind !== "directory") return [`${quote(name)} is a ${kind}`];
    if (uid !== system.caller.uid) return [`${quote(name)} belongs to user ${uid}`];
    return (mode & othersWrite) === 0 ? [] : [`others may write to ${quote(name)}`];
  });
}

/** The images of the pre-dump before: memory only, under the same rules. */
function checkParent(system: System, dir: Dir, depth: number): readonly string[] {
  const target = dir.readLink(parentLink);
  if (target.startsWith("/")) return [`${quote(parentLink)} leads to an absolute path`];
  if (depth >= maxParents) return [`there are more than ${maxParents} parents`];
  const parent = system.openDir(`${dir.path}/${target}`);
  try {
    const { uid, mode } = parent.stat(".");
    if (uid !== system.caller.uid || (mode & othersWrite) !== 0) return [`others may write to ${quote(parentLink)}`];
    return checkDirectory(system, parent, depth + 1).map((found) => `${parentLink}: ${found}`);
  } finally {
    parent.close();
  }
}
