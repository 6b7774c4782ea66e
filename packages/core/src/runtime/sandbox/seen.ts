// What is checked and searched in what a sandbox sees.
import { shellWord } from "@coffer/spec";
import { systemDirs, systemFiles, systemTrees } from "../../defaults/sandbox/places.ts";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import { optional } from "../../system/error.ts";
import type { WayTaken } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { hasShape } from "./git/guarded.ts";
import { findGit, plainGitDir } from "./git/tree.ts";
import type { Searched } from "./known/recorder.ts";
import { askLive } from "./known/recorder.ts";
import type { Passed } from "./left/passed.ts";
import { isGitName, isHead, newPassed, notePassed } from "./left/passed.ts";
import { projectNames } from "./profile/find.ts";
import { findPath } from "./real-path.ts";
import { watchClosed } from "./search/closed.ts";
import { mostNames, sayTooMany } from "./search/too-many.ts";
import type { Found, SearchOptions } from "./search/tree.ts";
import { bulky, searchTree } from "./search/tree.ts";
import { homesOf, isEnvFile, isKeyFile, secretAt } from "./secrets.ts";

/** So many of one directory for a file that looks like a private key. */
const mostBeside = 20_000;

/** Letters that names begin with which are looked for: `.env`, `.git`, `_git` on some file systems, `HEAD`, `coffer.json`. */
const begins: ReadonlySet<string> = new Set([".", "_", "H", "h", "c"]);

/** Whether a file of that name is nothing to look for. Most are: this is asked for every file of a tree. */
const isDull = (name: string): boolean => name.charCodeAt(0) < 128 && !begins.has(name[0] ?? "");

function warn({ warn: tell }: Runtime, message: string): void {
  tell?.(new CofferError("E_USAGE", message, { argument: "cwd" }));
}

/** What every sandbox has of the host. */
export const systemRules: readonly PathRule[] = ["/proc", ...systemDirs, ...systemFiles, ...systemTrees].map((path) => {
  return { path, access: "read", source: path, from: "the host's programs and their settings" };
});

/** Where something of the host is in the sandbox: by each rule that shows it. */
export function shownAt(shown: readonly PathRule[], path: string): readonly string[] {
  const rules = [...systemRules, ...shown];
  const found: string[] = [];
  for (const rule of rules) {
    const { source } = rule;
    if (source === undefined || !path.startsWith(source) || !isBeneath(path, source)) continue;
    const at = joinPath(rule.path, path.slice(source.length));
    if (ruleFor(rules, at) === rule) found.push(at);
  }
  return found;
}

/** What was found in trees. */
export interface Kept {
  /** Files with keys: without links. */
  readonly env: readonly string[];
  /** Names of such files that are links to them, in these trees. */
  readonly links: readonly string[];
  /** What nobody could look into: it may have all of these. */
  readonly closed: readonly string[];
  /** Unix sockets, whether anybody listens there or not. */
  readonly sockets: readonly string[];
  /** Directories of repositories. */
  readonly git: readonly string[];
  /** Projects' files of settings. */
  readonly settings: readonly string[];
}

/** The directory of a repository that a name `.git` is, or leads to. */
function gitDirAt({ system }: Runtime, path: string, kind: Found["kind"]): string | undefined {
  if (kind === "file") return plainGitDir(system, path);
  if (kind !== "link") return kind === "directory" ? path : undefined;
  const real = findPath(system, path);
  return real?.kind === "directory" ? real.path : undefined;
}

/** The directory that a name `HEAD` is in, where git takes it for a repository: a bare one, or one of another name. */
function bareDirAt({ system }: Runtime, path: string): string | undefined {
  const dir = path.slice(0, path.lastIndexOf("/"));
  const has = (name: string): boolean => optional(() => system.stat(joinPath(dir, name))) !== undefined;
  return hasShape(has) ? dir : undefined;
}

/**
 * Files with keys, repositories and files of settings in the trees that the caller works with; `passed` gets the way there, and
 * `named` has the rules that flags made.
 *
 * @throws {CofferError} E_USAGE where there are too many names
 */
export function keysIn(
  caller: Runtime,
  within: Searched,
  passed: Passed = newPassed(),
  named: readonly PathRule[] = [],
): Kept {
  const { trees } = within;
  const shut = new Set(within.shut);
  const { system, closed } = watchClosed(caller.system);
  const runtime = { ...caller, system };
  const env: string[] = [];
  const links: string[] = [];
  const sockets: string[] = [];
  const git: string[] = [];
  const settings: string[] = [];
  const look = ({ name, path, kind }: Found): void => {
    if (kind !== "directory" && isEnvFile(name)) {
      const real = kind === "link" ? findPath(system, path) : { path, kind };
      if (real !== undefined && real.kind !== "directory") env.push(real.path);
      if (kind === "link" && real !== undefined && trees.some((one) => isBeneath(real.path, one))) links.push(path);
    }
    if (kind === "socket") sockets.push(path);
    const dir = isGitName(name) ? gitDirAt(runtime, path, kind) : isHead(name) ? bareDirAt(runtime, path) : undefined;
    if (dir !== undefined) git.push(dir);
    if (projectNames.some((one) => one === name)) settings.push(path);
  };
  const how = { skip: bulky, shut, limit: mostNames, isDull };
  for (const tree of trees) {
    passed.dirs.push(tree);
    const isWhole = searchTree(system, tree, how, (found) => {
      notePassed(passed, found);
      look(found);
    });
    for (const dir of shut) if (isBeneath(dir, tree)) searchTree(system, dir, how, look);
    const isNamed = named.some(({ access, source }) => access === "read" && source === tree);
    if (!isWhole) sayTooMany(runtime, tree, shut, isNamed);
  }
  return { env: [...new Set(env)], links, sockets, git, settings, closed: closed() };
}

/** No directory is entered. */
const everything: NonNullable<SearchOptions["skip"]> = { has: () => true };

/** A sandbox makes no name on the host: what is mounted in something of the host must be there. */
export function checkMountPoints({ system }: Runtime, named: readonly PathRule[], shown: readonly PathRule[]): void {
  for (const { path } of named) {
    const others = [...systemRules, ...shown].filter((rule) => rule.path !== path);
    const above = ruleFor(others, path);
    if (above?.source === undefined) continue;
    if (findPath(system, joinPath(above.source, path.slice(above.path.length))) !== undefined) continue;
    const hint = "make it first: a sandbox makes nothing on the host";
    throw new CofferError(
      "E_USAGE",
      `${quote(path)} does not exist in ${quote(above.path)}`,
      { argument: "tmp" },
      { hint },
    );
  }
}

/** A link does not name what it leads to. */
export function checkCwd(
  { cwd, namedCwd }: { readonly cwd: string; readonly namedCwd: string },
  places: readonly string[],
): void {
  if (secretAt(places, cwd) === undefined || secretAt(places, namedCwd) !== undefined) return;
  const message = `cannot work in ${quote(namedCwd)}: it leads to ${quote(cwd)}, where secrets are`;
  throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint: "name that path itself" });
}

/**
 * A link on the way to a path that may be a sandbox's: it is in a repository or beneath the caller's directory, and leads out of that.
 * Whoever could write there once would say what the next sandbox gets.
 */
export function linkOut(system: System, { links, end }: WayTaken): string | undefined {
  if (links.length === 0) return undefined;
  const homes = homesOf(system);
  const { cwd } = system.caller;
  return links.find((link) => {
    const git = findGit(system, link.slice(0, link.lastIndexOf("/")) || "/", homes);
    const tops = [...(git === undefined ? [] : [git.top]), ...(homes.includes(cwd) ? [] : [cwd])];
    return tops.some((top) => isBeneath(link, top) && !isBeneath(end, top));
  });
}

export const sayOut = (link: string, end: string): string =>
  `the link ${quote(link)} leads out of its tree, to ${quote(end)}`;

/** What a caller may not know of the directory that it works in. */
export function warnOfPlace(runtime: Runtime, cwd: string, homes: readonly string[]): void {
  if (homes.includes(cwd))
    warn(runtime, `${quote(cwd)} is your home directory: the sandbox sees all of it but well-known secrets`);
  const first = askLive(runtime, "key-file", { trees: [cwd], shut: [] }, (asking) => findKeyFile(asking, cwd) ?? null);
  if (first !== null)
    warn(
      runtime,
      `${quote(first)} looks like a private key, and the sandbox can read it: --deny ${shellWord(first)} hides it`,
    );
}

/** The name of a file in a directory that looks like a private key. */
export function findKeyFile({ system }: Pick<Runtime, "system">, dir: string): string | undefined {
  let first: Found | undefined;
  searchTree(system, dir, { skip: everything, limit: mostBeside }, (found) => {
    if (found.kind === "file" && isKeyFile(found.name)) first ??= found;
  });
  return first?.name;
}
