// The working tree of git that a directory is in, and what of git is elsewhere. Everything that a hostile tree can say is
// checked: what a file `.git` names is taken only where git itself has written the way back.
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { foldDotDot, isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { findPath } from "../real-path.ts";
import { isOfGit } from "./guarded.ts";

/** Where git keeps a working tree. */
export interface GitTree {
  /** The top directory of the working tree. */
  readonly top: string;
  /** The directory that has the objects, the hooks and the config. */
  readonly common: string;
  /** The directory of this working tree alone: `common`, or beneath it. */
  readonly dir: string;
}

const fileLimit = 8192;

/** The directories from a path up, as far as they belong to whoever owns the path, and only such a one can write them. */
export function ownDirs(system: System, path: string, stops: readonly string[]): readonly string[] {
  const found: string[] = [];
  const owner = optional(() => system.stat(path, { follow: false }).uid);
  for (let dir = path; dir !== "/" && !stops.includes(dir); dir = joinPath(dir.slice(0, dir.lastIndexOf("/")))) {
    const stat = optional(() => system.stat(dir, { follow: false }));
    if (stat === undefined || stat.uid !== owner || (stat.mode & 0o002) !== 0) break;
    found.push(dir);
  }
  return found;
}

/** The one line of a file of git, behind a word. */
function lineOf(system: System, path: string, word: string): string | undefined {
  const text = optional(() => {
    if (system.stat(path, { follow: false }).kind !== "file") return undefined;
    return system.readText(path, fileLimit);
  });
  const line = text?.replace(/\n$/, "");
  return line?.startsWith(word) && !line.includes("\n") ? line.slice(word.length) : undefined;
}

/** A path that git has, as the kernel goes there: a link is followed before `..` goes up. */
function from(system: System, dir: string, path: string): string {
  const named = path.startsWith("/") ? path : `${dir}/${path}`;
  return findPath(system, named)?.path ?? foldDotDot(named);
}

const isGitDir = (system: System, path: string): boolean =>
  ["objects", "refs"].every((name) => optional(() => system.stat(joinPath(path, name))?.kind) === "directory");

/** The directory of a repository of which the name is not git's own, that a file `.git` leads to. */
export function plainGitDir(system: System, path: string): string | undefined {
  const named = lineOf(system, path, "gitdir: ");
  if (named === undefined) return undefined;
  const dir = from(system, path.slice(0, path.lastIndexOf("/")), named);
  return !isOfGit(dir) && isGitDir(system, dir) ? dir : undefined;
}

/** The gitdir of a linked working tree (`git worktree`): it must name this tree, and be one of its repository. */
function linked(system: System, top: string, dir: string): GitTree | undefined {
  const back = lineOf(system, joinPath(dir, "gitdir"), "");
  const named = lineOf(system, joinPath(dir, "commondir"), "");
  if (back === undefined || named === undefined) return undefined;
  const common = from(system, dir, named);
  const isBack = from(system, dir, back) === joinPath(top, ".git");
  const isWithin = dir.startsWith(`${common}/worktrees/`) && !dir.slice(`${common}/worktrees/`.length).includes("/");
  return isBack && isWithin && isGitDir(system, common) ? { top, common, dir } : undefined;
}

/** The gitdir of a submodule: beneath that of the tree around it, which has the owner of this one. */
function submodule(system: System, top: string, dir: string, around: readonly string[]): GitTree | undefined {
  const outer = around.find((one) => one !== top && isBeneath(dir, joinPath(one, ".git/modules")));
  return outer !== undefined && isGitDir(system, dir) ? { top, common: dir, dir } : undefined;
}

function gitTree(system: System, top: string, dirs: readonly string[]): GitTree | undefined {
  const path = joinPath(top, ".git");
  const stat = optional(() => system.stat(path, { follow: false }));
  if (stat?.kind === "directory") return isGitDir(system, path) ? { top, common: path, dir: path } : undefined;
  const named = stat?.kind === "file" ? lineOf(system, path, "gitdir: ") : undefined;
  if (named === undefined) return undefined;
  const dir = from(system, top, named);
  // A link on the way would make it something else.
  if (dir !== foldDotDot(named.startsWith("/") ? named : joinPath(top, named))) return undefined;
  return linked(system, top, dir) ?? submodule(system, top, dir, dirs);
}

/**
 * The working tree of git that a directory is in, looked for upwards. The search stops below the caller's home directory,
 * and at a directory that others than the owner of the first can write.
 */
export function findGit(system: System, path: string, homes: readonly string[]): GitTree | undefined {
  const dirs = ownDirs(system, path, homes);
  for (const dir of dirs) {
    const found = gitTree(system, dir, dirs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The repository that variables of the caller name: git takes it wherever the caller is. */
export function namedGitDirs(system: System): readonly string[] {
  const { env, cwd } = system.caller;
  return [env.GIT_DIR, env.GIT_COMMON_DIR].flatMap((word = "") => {
    if (word === "") return [];
    const path = from(system, cwd, word);
    const named = lineOf(system, path, "gitdir: ");
    const dir = named === undefined ? path : from(system, path.slice(0, path.lastIndexOf("/")), named);
    const common = lineOf(system, joinPath(dir, "commondir"), "");
    const all = [dir, ...(common === undefined ? [] : [from(system, dir, common)])];
    return all.filter((one) => findPath(system, one)?.kind === "directory");
  });
}

/** Directories above a path that programs look for modules in. */
function modulesAbove(system: System, path: string, homes: readonly string[]): readonly string[] {
  return ownDirs(system, path, homes)
    .slice(1)
    .map((dir) => joinPath(dir, "node_modules"))
    .filter((dir) => optional(() => system.stat(dir, { follow: false }).kind) === "directory");
}

/** What is asked of the tree that is worked in. */
export interface OwnOptions {
  readonly cwd: string;
  readonly writable: boolean;
  /** What is written goes there. */
  readonly overlay?: Pick<PathRule, "size" | "layers"> | undefined;
}

/** The working directory with its repository, and the modules of directories above. */
export function ownRules(
  system: System,
  { cwd, writable, overlay }: OwnOptions,
  git: GitTree | undefined,
  homes: readonly string[],
): readonly PathRule[] {
  const rule = (path: string, access: PathRule["access"], from: string): PathRule => {
    return { path, access, source: path, from };
  };
  const access = writable && overlay === undefined ? "write" : "read";
  const tree = git?.top ?? cwd;
  const over = overlay && { ...overlay, access: "overlay" as const, mode: system.stat(tree).mode };
  const elsewhere = [git?.common, git?.dir].filter((dir) => dir !== undefined && !isBeneath(dir, tree));
  return [
    // A directory whose files of root cannot be mapped has no file that a writer may write: an error tells so.
    { ...rule(tree, access, "the tree that is worked in"), ...(writable || over ? { mapped: true } : {}), ...over },
    ...elsewhere.flatMap((dir) => (dir === undefined ? [] : [rule(dir, access, "the repository of the tree")])),
    ...modulesAbove(system, tree, homes).map((path) => rule(path, "read", "the modules of a directory above")),
  ];
}
