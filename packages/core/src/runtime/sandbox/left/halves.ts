// Submodules that a sandbox has added by half: `git submodule add` clones first, and writes settings then, which are guarded.
import { quote } from "../../../errors.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { moduleDirs, modulesSaid } from "../git/guarded.ts";
import type { Before } from "./before.ts";

/** Names of submodules of which the repository has no settings, and that have changed since. */
export function halvesOf(system: System, { guarded }: Before, since: number): readonly string[] {
  return [...new Set(guarded.map(({ dir }) => dir))].flatMap((dir) => {
    const said = new Set(modulesSaid(system, dir));
    const all = moduleDirs(system, dir);
    // Submodules of a submodule are none of this repository.
    const own = all.filter((path) => !all.some((other) => other !== path && isBeneath(path, other)));
    const fresh = own.filter((path) => !said.has(path));
    return system
      .changedSince(fresh, since)
      .flatMap((isChanged, at) => (isChanged ? [(fresh[at] ?? "").slice(joinPath(dir, "modules").length + 1)] : []));
  });
}

/** What is said of such a submodule. */
export const sayHalf = (name: string): string =>
  `the submodule ${quote(name)} is added by half, since .git/config and .gitmodules are guarded: complete it on the host with git submodule init, or with git submodule add --force; or start the sandbox with --write .git/config --write .gitmodules`;
