// Looks for repositories where a sandbox could have made some. A name that is made, moved or removed changes the directory that it is
// in, and only the kernel sets the time of that change. So directories that have not changed since are not read again.
import { baseName, isBeneath, joinPath } from "../../../paths.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { hasShape, kindAt } from "../git/guarded.ts";
import { bulky, searchTree } from "../search/tree.ts";
import type { Candidate } from "./judge.ts";
import type { Passed } from "./passed.ts";
import { isGitName, isOtherControl, newPassed, notePassed } from "./passed.ts";

/** So many names are looked at in directories that are new. */
const mostNew = 50_000;
/** So many directories of a bulky one, such as `node_modules`, are asked for a repository. */
const mostBulky = 5000;

/** What was found. */
export interface Search {
  readonly candidates: readonly Candidate[];
  /** What other programs keep repositories in. */
  readonly others: readonly string[];
  /** The directories that were looked at. */
  readonly dirs: readonly string[];
  /** Directories that have too many new names, or cannot be listed. */
  readonly unsearched: readonly string[];
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** The candidate that a name is, or is of. */
function candidateOf(system: System, path: string, name: string): Candidate | undefined {
  const top = parentOf(path);
  if (isGitName(name)) return { path, top };
  const has = (one: string): boolean => optional(() => system.stat(joinPath(top, one))) !== undefined;
  return hasShape(has) ? { path: top, top } : undefined;
}

/** Directories of others have their own beneath, such as `@scope/name`. */
const hasFurther = (dir: string, name: string): boolean =>
  name.startsWith("@") || name === "src" || dir.endsWith("/vendor");

/** Repositories in directories of which not every name is looked at. */
function inBulky(system: System, dirs: readonly string[]): readonly Candidate[] {
  const below = (dir: string): readonly string[] =>
    (optional(() => system.listTyped(dir)) ?? []).flatMap(({ name, kind }) =>
      kind === "directory" ? [joinPath(dir, name)] : [],
    );
  const tops = dirs.flatMap((dir) => {
    const first = below(dir);
    return [dir, ...first, ...first.filter((one) => hasFurther(dir, one.slice(dir.length + 1))).flatMap(below)];
  });
  const asked = tops.slice(0, mostBulky);
  const paths = asked.map((top) => `${top}/.git`);
  const kinds = system.kindsOf(paths, { follow: false });
  return asked.flatMap((top, at) => (kinds[at] === undefined ? [] : [{ path: `${top}/.git`, top }]));
}

/** What there is in directories that have changed, and in those beneath that are new. */
function passAgain(system: System, dirs: readonly string[], since: number): Passed & Pick<Search, "unsearched"> {
  const known = new Set(dirs);
  const found = newPassed();
  const unsearched: string[] = [];
  const listTyped = (dir: string): ReturnType<System["listTyped"]> => {
    try {
      return system.listTyped(dir);
    } catch (error) {
      if (!SystemError.is(error)) throw error;
      // Whoever may enter a directory need not be able to list it.
      if (error.errno !== "ENOENT") unsearched.push(dir);
      return [];
    }
  };
  let left = mostNew;
  for (const [at, isChanged] of system.changedSince(dirs, since).entries()) {
    const dir = dirs[at];
    if (!isChanged || dir === undefined) continue;
    const first = found.dirs.length;
    for (const { name, kind } of listTyped(dir)) notePassed(found, { name, kind, path: joinPath(dir, name) });
    for (const fresh of found.dirs.slice(first).filter((path) => !known.has(path))) {
      const isWhole = searchTree({ listTyped }, fresh, { skip: { has: skips }, limit: left }, (entry) => {
        left -= 1;
        notePassed(found, entry);
      });
      if (!isWhole) unsearched.push(fresh);
    }
  }
  return { ...found, unsearched };
}

/** Looks through what was passed before, as far as it is in `written`, for what there is since. */
export function searchAgain(system: System, before: Passed, written: readonly string[], since: number): Search {
  const isWritten = (path: string): boolean => written.some((one) => isBeneath(path, one));
  const known = before.dirs.filter(isWritten);
  const { bulky: dense, marks, unsearched, dirs } = passAgain(system, known, since);
  const old = new Set(before.marks);
  const all = [...new Set([...before.marks.filter(isWritten), ...marks])]
    .filter((path) => kindAt(system, path) !== undefined)
    .map((path) => ({ path, name: baseName(path) }));
  const ofGit = all.filter(({ name }) => !isOtherControl(name));
  return {
    candidates: [
      ...ofGit.flatMap(({ path, name }) => candidateOf(system, path, name) ?? []),
      ...inBulky(system, [...new Set([...before.bulky.filter(isWritten), ...dense])]),
    ],
    others: all.flatMap(({ path, name }) => (isOtherControl(name) && !old.has(path) ? [path] : [])),
    dirs: [...new Set([...known, ...dirs])],
    unsearched,
  };
}

const skips = (name: string): boolean => bulky.has(name) || isGitName(name);
