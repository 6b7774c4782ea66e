// The files of a checkpoint: CRIU opens what it finds by name, and nobody else may change what that is.
import { quote } from "../../errors.ts";
import { withParents } from "../../paths.ts";
import { SystemError } from "../../system/error.ts";
import type { Dir, System } from "../../system/port.ts";
import { whyUntrusted } from "../../system/trust.ts";

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

/** The directories in which names are looked up on the way to a path, or what is wrong with a link on it. */
function dirsTo(system: System, path: string): readonly string[] | string {
  try {
    const { end, links, close } = system.holdPlace(path);
    close();
    return [...withParents(end), ...links.flatMap((link) => withParents(link).slice(1))];
  } catch (error) {
    if (SystemError.is(error) && error.reason !== undefined) return error.reason;
    throw error;
  }
}

/** Why CRIU may find another directory at a path than the one that is looked at; undefined if it cannot. */
function whyMoves(system: System, path: string): string | undefined {
  const dirs = dirsTo(system, path);
  if (typeof dirs === "string") return dirs;
  for (const dir of new Set(dirs)) {
    const why = whyUntrusted(system, system.stat(dir));
    if (why !== undefined) return `${quote(dir)}: ${why}`;
  }
  return undefined;
}

/** The images of the pre-dump before: memory only, under the same rules. */
function checkParent(system: System, dir: Dir, depth: number): readonly string[] {
  const target = dir.readLink(parentLink);
  if (target.startsWith("/")) return [`${quote(parentLink)} leads to an absolute path`];
  if (depth >= maxParents) return [`there are more than ${maxParents} parents`];
  return checkParentAt(system, dir, target, depth);
}

/** Everything that is wrong with the directory of earlier images at a path from the images. */
export function checkParentAt(system: System, dir: Dir, target: string, depth = 0): readonly string[] {
  const path = `${dir.path}/${target}/.`;
  const moves = whyMoves(system, path);
  if (moves !== undefined) return [`on the way to ${quote(parentLink)}, ${moves}`];
  const parent = system.openDir(path);
  try {
    const { uid, mode } = parent.stat(".");
    if (uid !== system.caller.uid || (mode & othersWrite) !== 0) return [`others may write to ${quote(parentLink)}`];
    return checkDirectory(system, parent, depth + 1).map((found) => `${parentLink}: ${found}`);
  } finally {
    parent.close();
  }
}
