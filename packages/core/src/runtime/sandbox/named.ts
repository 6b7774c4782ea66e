// The rules about paths that the caller has written.
import type { SandboxFiles } from "@coffer/spec";
import { describeIssue, sandboxFiles } from "@coffer/spec";
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { covering, isOfKernel, home as ownHome } from "../../defaults/sandbox/places.ts";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { Runtime } from "../runtime.ts";
import { findPath, namedPath, wayTo } from "./real-path.ts";
import { hasFoldedNames } from "./search/folded.ts";
import { baseOf, isGlob, readGlob } from "./search/glob.ts";
import { searchTree } from "./search/tree.ts";
import type { Named } from "./secrets.ts";
import { secretAt } from "./secrets.ts";
import { linkOut, sayOut } from "./seen.ts";

/** So many names of a directory are looked at. */
const mostNames = 500_000;
/** So many globs are compared with each name. */
const mostGlobs = 256;
const tmpSize = 512 * 1024 * 1024;

const refuse = (flag: string, word: string, why: string, hint: string): CofferError =>
  new CofferError("E_USAGE", `--${flag} ${quote(word)}: ${why}`, { argument: flag }, { hint });

/** Paths of which a sandbox has its own cannot be anything else. */
export function checkPlace(path: string, flag: string, word: string): void {
  if (isOfKernel(path)) throw refuse(flag, word, "the sandbox has its own", "no flag shows what the host has there");
  if (covering.includes(path)) throw refuse(flag, word, "the sandbox has its own", "name what is beneath it");
}

/** How a word that shows something is read. */
export interface Reading {
  /** Where secrets are: a link does not name them. */
  readonly places: readonly string[];
  /** It is judged by what it leads to, wherever that is. */
  readonly isJudged?: boolean;
}

/** A path that can be seen. What a link leads to is a secret only if it was named. */
export function seen(
  system: System,
  { places, isJudged = false }: Reading,
  flag: "read" | "write" | "bind" | "socket",
  path: string,
  dst = path,
): PathRule {
  const real = namedPath(system, path, flag);
  const secret = secretAt(places, real.path);
  if (secret !== undefined && secretAt(places, path) === undefined)
    throw refuse(flag, path, `a link leads to ${quote(real.path)}, where secrets are`, "name that path itself");
  const out = real.path === path ? undefined : linkOut(system, wayTo(system, path));
  if (out !== undefined && !isJudged) throw refuse(flag, path, sayOut(out, real.path), "name that path itself");
  // In the sandbox too, the link leads there.
  const at = out !== undefined && dst === path ? real.path : dst;
  checkPlace(real.path, flag, path);
  checkPlace(at, flag, path);
  const access = flag === "write" ? "write" : "read";
  return { path: at, access, source: real.path, from: `--${flag}` };
}

function bindRule(runtime: Runtime, how: Reading, word: string): PathRule {
  const [source = "", destination = "", mode = "ro"] = word.split(":");
  const { system } = runtime;
  const path = toAbsolute(system, source);
  const rule = seen(system, how, "bind", path, toAbsolute(system, destination));
  return mode === "rw" ? { ...rule, access: "write" } : rule;
}

/** The rules that show something. */
export function shownByName(runtime: Runtime, files: SandboxFiles, how: Reading): readonly PathRule[] {
  const { system } = runtime;
  const { read = [], write = [], bind = [], tmp = [], sizes = {} } = files;
  const absolute = (word: string): string => toAbsolute(system, word);
  for (const word of [...read, ...write, ...tmp])
    if (isGlob(word) && findPath(system, absolute(word)) === undefined)
      throw refuse(
        "read",
        word,
        "there is no such file, and wildcards (* ? [) are for --deny alone",
        "name the file or directory",
      );
  return [
    ...read.map((word) => seen(system, how, "read", absolute(word))),
    ...write.map((word) => seen(system, how, "write", absolute(word))),
    ...bind.map((word) => bindRule(runtime, how, word)),
    ...tmp.map((word): PathRule => {
      const path = absolute(word);
      checkPlace(path, "tmp", word);
      return { path, access: "tmp", size: sizes[path] ?? tmpSize, from: "--tmp" };
    }),
  ];
}

/**
 * What was named beneath a home directory of the caller, by its place in the sandbox's own: programs look for it there. None is where
 * one of the `rules` has something, or within another.
 */
export function homeLinks(
  homes: readonly string[],
  named: readonly PathRule[],
  rules: readonly PathRule[],
): Readonly<Record<string, string>> {
  const isFree = (at: string): boolean => rules.every(({ path }) => !isBeneath(path, at) && !isBeneath(at, path));
  const found = named.flatMap(({ path, source }) => {
    const home = homes.find((one) => path !== one && isBeneath(path, one));
    if (source === undefined || home === undefined) return [];
    const at = joinPath(ownHome, path.slice(home.length));
    return isFree(at) ? [[at, path] as const] : [];
  });
  const isInner = (at: string): boolean => found.some(([other]) => other !== at && isBeneath(at, other));
  return Object.fromEntries(found.filter(([at]) => !isInner(at)));
}

/** A word of `--deny` with signs. */
interface Glob {
  readonly word: string;
  readonly base: string;
  readonly isMeant: (path: string) => boolean;
  /** The same of a path in lower case. */
  readonly isNear: (lower: string) => boolean;
}

function toGlob(word: string, path: string): Glob {
  const isMeant = readGlob(path);
  if (isMeant === undefined)
    throw refuse("deny", word, "only *, ? and ** stand for names", "write one rule for each name");
  return { word, base: baseOf(path), isMeant, isNear: readGlob(path.toLowerCase()) ?? isMeant };
}

/** The paths that globs mean: each directory is searched once for all of them. */
function findAll(system: System, globs: readonly Glob[], trees: readonly string[]): Named {
  const found = new Map<string, string>();
  const topOf = ({ base }: Glob, tree: string): string | undefined =>
    isBeneath(tree, base) ? tree : isBeneath(base, tree) ? base : undefined;
  const tops = new Set(globs.flatMap((glob) => trees.flatMap((tree) => topOf(glob, tree) ?? [])));
  for (const top of tops) {
    const here = globs.filter((glob) => trees.some((tree) => topOf(glob, tree) === top));
    const isWhole = searchTree(system, top, { limit: mostNames }, ({ path }) => {
      const lower = path.toLowerCase();
      const isHidden =
        here.some(({ isMeant }) => isMeant(path)) ||
        (here.some(({ isNear }) => isNear(lower)) && hasFoldedNames(system, path));
      const real = isHidden ? findPath(system, path) : undefined;
      if (real !== undefined) found.set(path, real.path);
    });
    if (!isWhole)
      throw refuse(
        "deny",
        here[0]?.word ?? top,
        `there are more than ${mostNames} names beneath ${quote(top)}`,
        "name a directory",
      );
  }
  return found;
}

/** Whether something keeps the caller from looking a path up. What that is, is hidden. */
function mayNotLook({ stat }: System, path: string): boolean {
  try {
    stat(path);
    return false;
  } catch (error) {
    return SystemError.is(error, "EACCES");
  }
}

/** The paths that the caller has hidden. */
export function deniedByName(runtime: Runtime, { deny = [] }: SandboxFiles, trees: readonly string[]): Named {
  const { system } = runtime;
  const literal = new Map<string, string>();
  const globs: Glob[] = [];
  for (const word of deny) {
    const path = toAbsolute(system, word);
    const found = findPath(system, path);
    if (found !== undefined) literal.set(path, found.path);
    else if (isGlob(word)) globs.push(toGlob(word, path));
    else if (!mayNotLook(system, path)) {
      const message = `--deny ${quote(word)}: there is nothing of that name now; if somebody makes it later, the sandbox sees it`;
      runtime.warn?.(new CofferError("E_USAGE", message, { argument: "deny" }));
    }
  }
  if (globs.length > mostGlobs)
    throw new CofferError("E_USAGE", `--deny: more than ${mostGlobs} words with signs`, { argument: "deny" });
  return new Map([...literal, ...findAll(system, globs, trees)]);
}

/** The words about files, of which none need be given. */
export type FileWords = { readonly [K in keyof SandboxFiles]?: unknown };

/**
 * Reads the options by their schema. `moreTmp` are directories in memory that others have named.
 *
 * @throws {CofferError} E_USAGE
 */
export function checkFiles(options: FileWords, moreTmp: readonly string[] = []): SandboxFiles {
  const { read, write, deny, tmp, bind, sockets, tools, cache, guards, fence, overlay, sizes } = options;
  const words = { read, write, deny, tmp, bind, sockets, tools, cache, guards, fence, overlay, sizes };
  const found = sandboxFiles.safeParse(words, { jitless: true, reportInput: true });
  if (found.success) return checkSizes(found.data, moreTmp);
  const [issue] = found.error.issues;
  const names = issue?.path.filter((name) => typeof name === "string") ?? [];
  const argument = names[0] ?? "read";
  throw new CofferError("E_USAGE", `${names.join(" ")}: ${issue && describeIssue(issue)}`, { argument });
}

function checkSizes(files: SandboxFiles, moreTmp: readonly string[]): SandboxFiles {
  const { sizes = {}, tmp = [] } = files;
  const known = [...Object.keys(defaultSizes), ...tmp, ...moreTmp];
  const unknown = Object.keys(sizes).find((path) => !known.includes(path));
  if (unknown === undefined) return files;
  const message = `there is no size of ${quote(unknown)}: a sandbox has ${known.join(", ")} in memory`;
  throw new CofferError("E_USAGE", message, { argument: "sizes" });
}
