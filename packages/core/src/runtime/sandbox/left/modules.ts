// Directories of submodules that a sandbox has made. Git of the host takes them where it updates a submodule of that name, and runs
// their hooks.
import { isBeneath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { moduleDirs } from "../git/guarded.ts";
import { settingsOf } from "../git/settings.ts";
import { leadsTo } from "../real-path.ts";
import type { Before } from "./before.ts";
import type { Candidate } from "./judge.ts";

/** The working tree that a submodule says it has, as far as the sandbox could write it; otherwise its own directory. */
function topOf(system: System, dir: string, written: readonly string[]): string {
  const said = settingsOf(system, `${dir}/config`).find(({ key }) => key === "core.worktree")?.value;
  const top = said === undefined ? dir : leadsTo(system, said.startsWith("/") ? said : `${dir}/${said}`);
  return written.some((one) => isBeneath(top, one)) ? top : dir;
}

/** Submodules in the repositories of the host that were not there before. */
export function modulesMade(system: System, { guarded, modules, written }: Before): readonly Candidate[] {
  const known = new Set(modules);
  return guarded
    .flatMap(({ dir }) => moduleDirs(system, dir))
    .filter((path) => !known.has(path))
    .map((path) => ({ path, top: topOf(system, path, written) }));
}
