// Directories in which the case of a letter makes no other name: casefold of ext4, f2fs and tmpfs, vfat, exfat, shares.
import { withParents } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

/** A name in letters of the other case; the same if it has none. */
function otherCase(path: string): string {
  const at = path.lastIndexOf("/") + 1;
  const name = path.slice(at);
  const upper = name.toUpperCase();
  return path.slice(0, at) + (upper === name ? name.toLowerCase() : upper);
}

/** Whether the last name of a path, written otherwise, is the same file. A hard link is too: then more is hidden than has to be. */
function isFolded({ stat }: Pick<System, "stat">, path: string): boolean {
  const other = otherCase(path);
  if (other === path) return false;
  const [one, two] = [path, other].map((each) => optional(() => stat(each, { follow: false })));
  return one !== undefined && one.inode === two?.inode && one.device === two.device;
}

/** Whether a path has further names, as one of the directories on the way takes letters of either case for the same. */
export const hasFoldedNames = (system: Pick<System, "stat">, path: string): boolean =>
  withParents(path).some((one) => isFolded(system, one));
