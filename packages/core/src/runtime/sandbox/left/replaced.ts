// Guards that do not hold. The kernel ends a guard, which is a mount, and what hides a name, when the host puts something else at the name. And a file with
// another name that is not guarded can be written by that.
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { searchTree } from "../search/tree.ts";
import type { Before } from "./before.ts";

/** So many milliseconds a clock may be ahead of that of a file system. */
export const clockSlack = 10_000;

/** What guarded and hidden names were when the sandbox began. */
export interface KeptNames {
  /** Of those that are there. */
  readonly inodes: ReadonlyMap<string, bigint>;
  /** The time of a change does not tell whether they are the same. */
  readonly fresh: ReadonlySet<string>;
  /** Of hidden names that are there. */
  readonly hidden: ReadonlyMap<string, bigint>;
  /** The sandbox could move these. */
  readonly isMovable: boolean;
  close(): void;
}

export const noNames: KeptNames = {
  inodes: new Map(),
  fresh: new Set(),
  hidden: new Map(),
  isMovable: false,
  close: () => {},
};

/** So many hidden names are noted. */
const mostHidden = 200;

/** Notes what guarded and hidden names are. What is known by its inode alone is held, so that nothing else gets the number. */
export function keepNames(
  system: System,
  { names, hidden }: Pick<Before, "names" | "hidden">,
  since: number,
  isMovable: boolean,
): KeptNames {
  const inodes = new Map<string, bigint>();
  const fresh = new Set<string>();
  const held: { close(): void }[] = [];
  const isNew = system.changedSince(names, since - clockSlack);
  const hold = (path: string): void => {
    const one = optional(() => system.openPath(path, path, "any"));
    if (one !== undefined) held.push(one);
  };
  const look = (path: string) => optional(() => system.stat(path, { follow: false }));
  for (const [at, path] of names.entries()) {
    const stat = look(path);
    if (stat === undefined) continue;
    inodes.set(path, stat.inode);
    // What the host puts into a directory changes it, and ends no guard.
    if (stat.kind !== "directory" && isNew[at] !== true) continue;
    fresh.add(path);
    hold(path);
  }
  const masked = new Map<string, bigint>();
  for (const path of hidden.slice(0, mostHidden)) {
    const stat = look(path);
    if (stat === undefined) continue;
    masked.set(path, stat.inode);
    hold(path);
  }
  const close = (): void => {
    for (const one of held.splice(0)) one.close();
  };
  return { inodes, fresh, hidden: masked, isMovable, close };
}

/** The names that are something else by now, or a file that has changed. */
export function replacedOf(system: System, { inodes, fresh }: KeptNames, since: number): readonly string[] {
  const names = [...inodes.keys()];
  const isChanged = system.changedSince(names, since);
  return names.filter((path, at) => {
    const inode = optional(() => system.stat(path, { follow: false }).inode);
    return inode !== undefined && (inode !== inodes.get(path) || (isChanged[at] === true && !fresh.has(path)));
  });
}

/** A name that was hidden, and is hidden no more. */
export interface Shown {
  readonly path: string;
  /** The sandbox may have done that. */
  readonly isMoved: boolean;
}

/** The names that were hidden, and are something else by now, which nothing hides. What the host has removed is of no interest. */
export const shownOf = (system: System, { hidden, isMovable }: KeptNames): readonly Shown[] =>
  [...hidden].flatMap(([path, inode]) => {
    const now = optional(() => system.stat(path, { follow: false }).inode);
    return now === inode || (now === undefined && !isMovable) ? [] : [{ path, isMoved: isMovable }];
  });

/** So many names of a guarded directory are looked at. */
const mostNames = 2000;

/** Guarded files that have changed, and have another name. A sandbox before this one could have made that. */
export function linkedOf(system: System, { inodes }: KeptNames, since: number): readonly string[] {
  const paths = [...inodes.keys()];
  for (const dir of inodes.keys())
    searchTree(system, dir, { limit: mostNames }, ({ path, kind }) => {
      if (kind === "file") paths.push(path);
    });
  const all = [...new Set(paths)];
  const isChanged = system.changedSince(all, since);
  return all.filter((path, at) => {
    const stat = isChanged[at] === true ? optional(() => system.stat(path, { follow: false })) : undefined;
    return stat?.kind === "file" && stat.links > 1;
  });
}
