// What is guarded of repositories: settings and hooks that run what they say.
import { foldDotDot, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { FileKind, System } from "../../../system/port.ts";
import { leadsTo } from "../real-path.ts";
import { settingsOf } from "./settings.ts";

/** In a directory that git keeps a repository in. */
const ofGit = ["hooks", "config", "config.worktree", "commondir", "info/attributes"];
/** The same of a linked working tree. */
const ofWorktree = ["commondir", "config.worktree"];

/** Settings of git that name a file or directory which git reads settings or hooks from. */
const naming = /^(?:core\.hookspath|core\.attributesfile|include\.path|includeif\..*\.path)$/;

const mostModules = 64;

/** What a name is itself; undefined where that cannot be told. */
export const kindAt = (system: System, path: string): FileKind | undefined =>
  optional(() => system.stat(path, { follow: false }).kind);

/** The directories of a repository's submodules, and of theirs. */
function moduleDirs(system: System, dir: string): readonly string[] {
  const found: string[] = [];
  const queue = [joinPath(dir, "modules")];
  for (let at = queue.shift(); at !== undefined && found.length < mostModules; at = queue.shift()) {
    if (kindAt(system, at) !== "directory") continue;
    for (const { name, kind } of system.listTyped(at)) {
      const path = joinPath(at, name);
      if (kind !== "directory") continue;
      // A submodule may have a slash in its name.
      if (kindAt(system, joinPath(path, "HEAD")) === undefined) queue.push(path);
      else {
        found.push(path);
        queue.push(joinPath(path, "modules"));
      }
    }
  }
  return found;
}

/** The working tree of a repository, where its directory tells it. */
const workTrees = (dir: string): readonly string[] => (dir.endsWith("/.git") ? [dir.slice(0, -"/.git".length)] : []);

/** What the config of a repository names: hooks that are kept elsewhere, further settings. */
function namedByConfig(system: System, trees: readonly string[], dir: string): readonly string[] {
  return settingsOf(system, joinPath(dir, "config"))
    .filter(({ key, value }) => naming.test(key) && !value.startsWith("~"))
    .flatMap(({ key, value }) => {
      if (value.startsWith("/")) return [foldDotDot(value)];
      const bases = key === "core.hookspath" ? [...trees, ...workTrees(dir)] : [dir];
      return bases.map((base) => foldDotDot(joinPath(base, value)));
    });
}

function worktreeDirs(system: System, dir: string): readonly string[] {
  const at = joinPath(dir, "worktrees");
  return kindAt(system, at) === "directory" ? system.listDir(at).map((name) => joinPath(at, name)) : [];
}

/** As many hooks of a directory are looked at. */
const mostHooks = 256;

/** Where a directory of hooks leads, and where links in it lead: git runs what is there. */
export function hookTargets(system: System, names: readonly string[]): readonly string[] {
  const dirs = names.filter((name) => optional(() => system.stat(name).kind) === "directory");
  return dirs.flatMap((dir) => {
    const links = (optional(() => system.listTyped(dir)) ?? []).filter(({ kind }) => kind === "link");
    const paths = [dir, ...links.slice(0, mostHooks).map(({ name }) => joinPath(dir, name))];
    return paths.map((path) => leadsTo(system, path)).filter((real, at) => real !== paths[at]);
  });
}

/** The names of repositories that are guarded: of the host. `trees` are directories that paths of settings may count from. */
export function guardedOfGit(system: System, trees: readonly string[], gitDirs: readonly string[]): readonly string[] {
  const repositories = gitDirs.flatMap((dir) => [dir, ...moduleDirs(system, dir)]);
  const named = repositories.flatMap((dir) => namedByConfig(system, trees, dir));
  return [
    ...repositories.flatMap((dir) => ofGit.map((name) => joinPath(dir, name))),
    ...gitDirs.flatMap((dir) =>
      worktreeDirs(system, dir).flatMap((one) => ofWorktree.map((name) => joinPath(one, name))),
    ),
    ...named,
    ...hookTargets(system, [...repositories.map((dir) => joinPath(dir, "hooks")), ...named]),
  ];
}
