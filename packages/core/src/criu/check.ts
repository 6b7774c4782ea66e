// A checkpoint is data, and no authority: what it would give beyond the config is refused before CRIU sees it.
import type { Config } from "@coffer/spec";
import { CofferError, quote } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { Dir, System } from "../system/port.ts";
import { checkMounts } from "./check-mounts.ts";
import { checkTasks } from "./check-tasks.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Expected } from "./expected.ts";

/** What CRIU writes when an earlier dump was a parent: the one link that images have. */
const parentLink = "parent";
const maxParents = 64;
const maxTold = 16;

/** The bundle that a checkpoint is restored into. */
export interface CheckedBundle {
  readonly path: string;
  readonly rootfs: string;
  readonly config: Config;
}

/** CRIU opens what it finds by name: nothing may lead it elsewhere. */
function checkFiles(system: System, dir: Dir, depth: number): readonly string[] {
  return dir.list().flatMap((name) => {
    const { kind, uid, mode } = dir.stat(name);
    if (name === parentLink && kind === "link") return checkParent(system, dir, depth);
    if (kind !== "file" && kind !== "directory") return [`${quote(name)} is a ${kind}`];
    if (kind === "file" && (uid !== system.caller.uid || (mode & 0o022) !== 0))
      return [`others may write to ${quote(name)}`];
    return [];
  });
}

/** The images of the pre-dump before: memory only, under the same rules. */
function checkParent(system: System, dir: Dir, depth: number): readonly string[] {
  const target = dir.readLink(parentLink);
  if (target.startsWith("/")) return [`${quote(parentLink)} leads to an absolute path`];
  if (depth >= maxParents) return [`there are more than ${maxParents} parents`];
  const parent = system.openDir(`${dir.path}/${target}`);
  try {
    return checkFiles(system, parent, depth + 1).map((found) => `${parentLink}: ${found}`);
  } finally {
    parent.close();
  }
}

function exists(system: System, rootfs: string, path: string): boolean {
  const isKernels = path.startsWith("/proc/") || path.startsWith("/sys/");
  try {
    system.stat(isKernels ? path : `${rootfs}${path}`, { follow: false });
    return true;
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/**
 * Compares a checkpoint with the container of the config.
 *
 * @throws {CofferError} E_CHECKPOINT_REFUSED with everything that was found
 */
export function checkCheckpoint(
  system: System,
  dir: Dir,
  checkpoint: Checkpoint,
  { path: bundle, rootfs, config }: CheckedBundle,
  expected: Expected,
): void {
  const found = [
    ...checkFiles(system, dir, 0),
    ...checkTasks(checkpoint, config, expected),
    ...checkMounts(checkpoint, { config, bundle, expected, exists: (path) => exists(system, rootfs, path) }),
  ];
  if (found.length === 0) return;
  const told = found.slice(0, maxTold).join("; ");
  const more = found.length > maxTold ? `; and ${found.length - maxTold} more` : "";
  const message = `the checkpoint ${quote(dir.path)} is not what the config gives: ${told}${more}`;
  const hint = "restore it with the config that it was made with";
  throw new CofferError("E_CHECKPOINT_REFUSED", message, { path: dir.path, found }, { hint });
}
