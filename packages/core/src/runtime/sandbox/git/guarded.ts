// What is guarded of repositories: settings and hooks that run what they say.

import { CofferError, quote } from "../../../errors.ts";
import type { Setting } from "../../../overlay/named/git-words.ts";
import { foldDotDot, isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { FileKind, System } from "../../../system/port.ts";
import { findPath, leadsTo } from "../real-path.ts";
import type { GitSettings } from "./effective.ts";
import { callersSettings, readFiles } from "./effective.ts";
import { guardedBySetting } from "./programs.ts";
import { settingsOf } from "./settings.ts";

/** In a directory that git keeps a repository in. */
const ofGit = ["hooks", "config", "config.worktree", "commondir", "info/attributes"];
/** The same of a linked working tree. */
const ofWorktree = ["commondir", "config.worktree"];

const mostModules = 64;

const lineLimit = 8192;
/** So many names may be guarded because of one repository's settings. */
const mostNamed = 10_000;

/** Whether git takes a directory that has a `HEAD` for a repository, by what else is in it. */
export const hasShape = (has: (name: string) => boolean): boolean =>
  has("commondir") || (has("objects") && has("refs"));

/** What a name is itself; undefined where that cannot be told. */
export const kindAt = (system: System, path: string): FileKind | undefined =>
  optional(() => system.stat(path, { follow: false }).kind);

/** Where a repository keeps the submodules of which its own config has settings. */
export const modulesSaid = (system: System, dir: string): readonly string[] =>
  settingsOf(system, joinPath(dir, "config")).flatMap(({ key }) => {
    const name = /^submodule\.(.*)\.[^.]*$/s.exec(key)?.[1];
    const path = foldDotDot(joinPath(dir, "modules", name ?? ""));
    // A name may lead elsewhere: that of a repository that a sandbox has made.
    return name !== undefined && path.startsWith(`${joinPath(dir, "modules")}/`) ? [path] : [];
  });

/** The directories of submodules that settings tell of, and of theirs. */
function saidDirs(system: System, dir: string): readonly string[] {
  const isThere = (path: string): boolean =>
    findPath(system, path)?.path === path && kindAt(system, joinPath(path, "HEAD")) !== undefined;
  return modulesSaid(system, dir)
    .filter(isThere)
    .flatMap((path) => [path, ...saidDirs(system, path)]);
}

/** The directories of a repository's submodules, and of theirs: first those that a sandbox cannot have made up. */
export function moduleDirs(system: System, dir: string): readonly string[] {
  const said = new Set(saidDirs(system, dir));
  const found = [...said];
  const queue = [...found.map((path) => joinPath(path, "modules")), joinPath(dir, "modules")];
  for (let at = queue.shift(); at !== undefined && found.length < said.size + mostModules; at = queue.shift()) {
    if (kindAt(system, at) !== "directory") continue;
    for (const { name, kind } of optional(() => system.listTyped(at)) ?? []) {
      const path = joinPath(at, name);
      if (kind !== "directory") continue;
      // A submodule may have a slash in its name.
      if (kindAt(system, joinPath(path, "HEAD")) === undefined) queue.push(path);
      else if (!said.has(path)) {
        found.push(path);
        queue.push(joinPath(path, "modules"));
      }
    }
  }
  return found;
}

/** The working tree of a repository, where its directory tells it. */
const workTrees = (dir: string): readonly string[] => (dir.endsWith("/.git") ? [dir.slice(0, -"/.git".length)] : []);

/** Directories of the working trees that are linked to a repository. */
export function worktreeDirs(system: System, dir: string): readonly string[] {
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

/** Where a repository says that its working tree is. */
const saidTrees = (dir: string, settings: readonly Setting[]): readonly string[] =>
  settings.flatMap(({ key, value }) =>
    key === "core.worktree" && value !== "" ? [foldDotDot(value.startsWith("/") ? value : joinPath(dir, value))] : [],
  );

/** The working trees that are linked to a repository, as far as they are in what a sandbox can write. */
const linkedTrees = (system: System, dir: string, trees: readonly string[]): readonly string[] =>
  worktreeDirs(system, dir).flatMap((one) => {
    const line = optional(() => system.readText(joinPath(one, "gitdir"), lineLimit))?.trim() ?? "";
    const isOne = line.startsWith("/") && line.endsWith("/.git") && kindAt(system, line) !== undefined;
    const top = foldDotDot(joinPath(line, ".."));
    return isOne && trees.some((tree) => isBeneath(top, tree)) ? [top] : [];
  });

/** What counts in a repository: nothing of its linked working trees takes the place of its own. */
function settingsIn(system: System, dir: string): GitSettings {
  const own = [joinPath(dir, "config"), joinPath(dir, "config.worktree")];
  const linked = worktreeDirs(system, dir)
    .map((one) => joinPath(one, "config.worktree"))
    .filter((path) => kindAt(system, path) !== undefined);
  const read = [own, ...linked.map((path) => [path])].map((paths) => readFiles(system, paths));
  return { settings: read.flatMap(({ settings }) => settings), files: read.flatMap(({ files }) => files) };
}

/** Whether a directory is, or is in, what has git's own name. */
export const isOfGit = (path: string): boolean => /\/\.git(?:\/|$)/.test(path);

/** What git writes in the directory of a repository: nothing of that is a script. */
const ofWork =
  /^(?:(?:[A-Z]+_)?HEAD|[A-Z]+_(?:EDITMSG|MSG|RR|MODE|LOG|MERGE|AUTOSTASH)|index|packed-refs|refs|objects|logs|rebase-\w+|sequencer|modules|worktrees|lfs|shallow|rr-cache|.*\.lock)$/;

/**
 * Whether git could not work where a path is guarded. Where other repositories are does not count. A sandbox can make one in what
 * is guarded, or around it, or a name `.git` that leads there: the next sandbox would have no guard.
 */
function isWorkedIn(path: string, trees: readonly string[], repositories: readonly string[]): boolean {
  if (trees.some((one) => isBeneath(one, path))) return true;
  const dir = repositories.find((one) => isBeneath(path, one) && isOfGit(one));
  return dir !== undefined && (dir === path || ofWork.test(path.slice(dir.length + 1).split("/")[0] ?? ""));
}

function refuseNames(dir: string | undefined): CofferError {
  const whose = dir === undefined ? "your settings of git" : `the settings of the repository ${quote(dir)}`;
  const hint = "remove working trees and repositories that you do not expect, or use --overlay or --no-guards";
  const message = `cannot guard what ${whose} name: more than ${mostNamed} names`;
  return new CofferError("E_USAGE", message, { argument: "guards" }, { hint });
}

/** What settings name, with what is led to: scripts, hooks, and further settings. */
function namedBySettings(system: System, trees: readonly string[], repositories: readonly string[]): readonly string[] {
  const callers = callersSettings(system);
  const { GIT_WORK_TREE: named = "" } = system.caller.env;
  const given = named.startsWith("/") ? [foldDotDot(named)] : [];
  const own = repositories.map((dir) => {
    const read = settingsIn(system, dir);
    const said = saidTrees(dir, read.settings);
    return { ...read, dir, tops: [...given, ...workTrees(dir), ...said, ...linkedTrees(system, dir, trees)] };
  });
  const all = [...new Set([...trees, ...own.flatMap(({ tops }) => tops)])];
  const counting = [{ ...callers, dir: undefined, tops: all }, ...own];
  const found = counting.flatMap(({ settings, tops, dir }) => {
    const dirs = [...new Set([...tops, ...trees])];
    const taken = new Set<string>();
    for (const setting of settings) {
      const paths = guardedBySetting(system, setting, dirs);
      for (const path of [...paths, ...(setting.key === "core.hookspath" ? hookTargets(system, paths) : [])])
        taken.add(path);
      // Whoever makes that many may want the others to have no guard.
      if (taken.size > mostNamed) throw refuseNames(dir);
    }
    return [...taken];
  });
  // What is within another tree is no tree of its own: a project that is granted its hooks does not free them.
  const outer = trees.filter((one) => !trees.some((other) => other !== one && isBeneath(one, other)));
  const isKept = (path: string): boolean => !isWorkedIn(path, outer, repositories);
  return [...new Set([...counting.flatMap(({ files }) => files), ...found.filter(isKept)])];
}

/** The names of repositories that are guarded: of the host. `trees` are directories that paths of settings may count from. */
export function guardedOfGit(system: System, trees: readonly string[], gitDirs: readonly string[]): readonly string[] {
  const repositories = [...new Set(gitDirs.flatMap((dir) => [dir, ...moduleDirs(system, dir)]))];
  return [
    ...repositories.flatMap((dir) => ofGit.map((name) => joinPath(dir, name))),
    ...gitDirs.flatMap((dir) =>
      worktreeDirs(system, dir).flatMap((one) => ofWorktree.map((name) => joinPath(one, name))),
    ),
    ...namedBySettings(system, trees, repositories),
    ...hookTargets(
      system,
      repositories.map((dir) => joinPath(dir, "hooks")),
    ),
  ];
}
