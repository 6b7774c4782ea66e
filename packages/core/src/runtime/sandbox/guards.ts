// Names in writable trees that programs of the host act upon: settings and hooks that run what they say.

import { isBeneath, joinPath } from "../../paths.ts";
import type { PathGuard } from "../../plan/index.ts";
import { SystemError } from "../../system/error.ts";
import type { FileKind, System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { settingsOf } from "./git/settings.ts";
import { findPath } from "./real-path.ts";

const listed = (text: string): readonly string[] => text.trim().split(/\s+/);

/** In the top directory of a tree. */
const ofTree = listed(`
  .gitmodules .husky .vscode .idea .zed .devcontainer .envrc .mcp.json .claude .cursor .gemini .codex
  .github .gitlab-ci.yml .circleci .travis.yml azure-pipelines.yml Jenkinsfile .buildkite .woodpecker
  .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile .zlogin .zlogout .cshrc .tcshrc .kshrc
  .inputrc .gitconfig .config/git .config/fish .config/coffer coffer.json coffer.jsonc
`);

const firstNames: ReadonlySet<string> = new Set([".git", ...ofTree.map((name) => name.split("/")[0] ?? name)]);

/** Whether a path beneath a tree is, or may be, or is in something that is guarded. */
export const mayBeGuarded = (below: string): boolean => below.split("/").some((name) => firstNames.has(name));

/** In a directory that git keeps a repository in. */
const ofGit = ["hooks", "config", "config.worktree", "commondir", "info/attributes"];
/** The same of a linked working tree. */
const ofWorktree = ["commondir", "config.worktree"];

/** Settings of git that name a file or directory which git reads settings or hooks from. */
const naming = /^(?:core\.hookspath|core\.attributesfile|include\.path|includeif\..*\.path)$/;

/** What guards come to. */
export interface Guards {
  /** The names that there are, with the directories on the way: above before beneath. */
  readonly guards: readonly PathGuard[];
  /** Names that there are, and to which a link leads: whoever replaces the link has another. */
  readonly unguarded: readonly string[];
  /** Names that are not there: a sandbox may make them. */
  readonly missing: readonly string[];
}

function kindAt(system: System, path: string): FileKind | undefined {
  try {
    return system.stat(path, { follow: false }).kind;
  } catch (error) {
    if (SystemError.is(error)) return undefined;
    throw error;
  }
}

/** The directories on the way from a tree to a path in it, the tree itself not. */
function between(tree: string, path: string): readonly string[] {
  const parts = path.slice(tree.length + 1).split("/");
  return parts.slice(0, -1).map((_part, index) => joinPath(tree, parts.slice(0, index + 1).join("/")));
}

const mostModules = 64;

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

/** What the config of a repository names in the tree: hooks that are kept there, further settings. */
function namedByConfig(system: System, tree: string, dir: string): readonly string[] {
  return settingsOf(system, joinPath(dir, "config"))
    .filter(({ key, value }) => naming.test(key) && !value.startsWith("~"))
    .flatMap(({ key, value }) => {
      const base = key === "core.hookspath" ? tree : dir;
      const path = toAbsolute({ caller: { cwd: base } }, value);
      return path !== tree && isBeneath(path, tree) ? [path] : [];
    });
}

function worktreeDirs(system: System, dir: string): readonly string[] {
  const at = joinPath(dir, "worktrees");
  return kindAt(system, at) === "directory" ? system.listDir(at).map((name) => joinPath(at, name)) : [];
}

/** The names that are guarded in a writable tree. */
export function guardedNames(system: System, tree: string, gitDirs: readonly string[]): readonly string[] {
  const repositories = gitDirs.flatMap((dir) => [dir, ...moduleDirs(system, dir)]);
  return [
    ...ofTree.map((name) => joinPath(tree, name)),
    // The file of a linked working tree or a submodule says where the repository is.
    ...(kindAt(system, joinPath(tree, ".git")) === "file" ? [joinPath(tree, ".git")] : []),
    ...repositories.flatMap((dir) => ofGit.map((name) => joinPath(dir, name))),
    ...gitDirs.flatMap((dir) =>
      worktreeDirs(system, dir).flatMap((one) => ofWorktree.map((name) => joinPath(one, name))),
    ),
    ...repositories.flatMap((dir) => namedByConfig(system, tree, dir)),
  ];
}

/** Looks names up that are to be guarded in trees. */
export function findGuards(system: System, trees: readonly string[], names: readonly string[]): Guards {
  const guards = new Map<string, PathGuard>();
  const unguarded: string[] = [];
  const missing: string[] = [];
  for (const path of new Set(names)) {
    const tree = trees.filter((one) => one !== path && isBeneath(path, one)).toSorted((a, b) => b.length - a.length)[0];
    if (tree === undefined) continue;
    if (kindAt(system, path) === undefined) missing.push(path);
    else if (findPath(system, path)?.path !== path) unguarded.push(path);
    else {
      for (const dir of between(tree, path)) if (!guards.has(dir)) guards.set(dir, { path: dir, readonly: false });
      guards.set(path, { path, readonly: true });
    }
  }
  const depth = ({ path }: PathGuard): number => path.split("/").length;
  return { guards: [...guards.values()].toSorted((a, b) => depth(a) - depth(b)), unguarded, missing };
}

/** Names that were missing and are there now. */
export function madeSince(system: System, missing: readonly string[]): readonly string[] {
  return missing.filter((path) => kindAt(system, path) !== undefined);
}
