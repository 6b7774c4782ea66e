// What git has begun in a sandbox and could not complete, as it writes guarded settings last: submodules that are added or cleared,
// and linked working trees that are removed.
import { quote } from "../../../errors.ts";
import { baseName, foldDotDot, isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { kindAt, moduleDirs, modulesSaid, worktreeDirs } from "../git/guarded.ts";
import { settingsOf } from "../git/settings.ts";
import type { Before } from "./before.ts";

/** What is said of a submodule of which the repository has no settings. */
const sayAdded = (name: string): string =>
  `the submodule ${quote(name)} is added by half, since .git/config and .gitmodules are guarded: complete it on the host with git submodule init, or with git submodule add --force; or start the sandbox with --write .git/config --write .gitmodules`;

/** Of one that has settings, and no file. */
const sayCleared = (name: string): string =>
  `the submodule ${quote(name)} has no file any more, and .git/config is guarded: git submodule deinit -f of the host completes that, and git submodule update --init -f brings the files back`;

const sayRemoved = (name: string): string =>
  `the working tree ${quote(name)} is removed by half, since its settings are guarded: complete that on the host with git worktree prune`;

/** An index of git is longer if it has a file in it. */
const emptyIndex = 100;
const hasFiles = (system: System, dir: string): boolean => {
  const index = joinPath(dir, "index");
  return kindAt(system, index) === "file" && optional(() => system.readBytes(index, emptyIndex)) === undefined;
};

/** Where a submodule has its files. */
const topOf = (system: System, dir: string): string | undefined =>
  settingsOf(system, joinPath(dir, "config")).flatMap(({ key, value }) =>
    key === "core.worktree" && value !== "" ? [foldDotDot(value.startsWith("/") ? value : joinPath(dir, value))] : [],
  )[0];

/** What is left by half in one repository: paths that have changed since, and what is said of each. */
function halvesIn(
  system: System,
  dir: string,
  before: ReadonlySet<string>,
): readonly (readonly [path: string, said: string])[] {
  const nameOf = (path: string): string => path.slice(joinPath(dir, "modules").length + 1);
  const said = modulesSaid(system, dir);
  const all = moduleDirs(system, dir);
  // Submodules of a submodule are none of this repository.
  const own = all.filter((path) => !all.some((other) => other !== path && isBeneath(path, other)));
  const cleared = said.flatMap((path) => {
    const top = topOf(system, path);
    const names = top === undefined ? [] : (optional(() => system.listDir(top)) ?? []);
    const isCleared = names.every((name) => name === ".git") && hasFiles(system, path);
    return top !== undefined && isCleared ? [[top, sayCleared(nameOf(path))] as const] : [];
  });
  const removed = worktreeDirs(system, dir).filter((path) => kindAt(system, joinPath(path, "gitdir")) === undefined);
  return [
    ...own
      .filter((path) => !(said.includes(path) || before.has(path)))
      .map((path) => [path, sayAdded(nameOf(path))] as const),
    ...cleared,
    ...removed.map((path) => [path, sayRemoved(baseName(path))] as const),
  ];
}

/** What is said of all that is left by half, and has changed since. */
export function halvesOf(system: System, { guarded, modules }: Before, since: number): readonly string[] {
  const before = new Set(modules);
  const found = [...new Set(guarded.map(({ dir }) => dir))].flatMap((dir) => halvesIn(system, dir, before));
  const isChanged = system.changedSince(
    found.map(([path]) => path),
    since,
  );
  return [...new Set(found.flatMap(([, said], at) => (isChanged[at] === true ? [said] : [])))];
}
