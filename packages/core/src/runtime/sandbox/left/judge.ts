// What git of the host would run of a repository that a sandbox may have made. A repository that has what `git init` and `git clone`
// write runs nothing, and is not told.
import { quote } from "../../../errors.ts";
import { baseName, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { Setting } from "../git/config.ts";
import { readConfig } from "../git/config.ts";
import { kindAt } from "../git/guarded.ts";
import { harmless } from "../git/settings.ts";
import { findPath, leadsTo } from "../real-path.ts";
import { goneOnWith, listsOf } from "./todo.ts";

/** A directory that git takes for a working tree or a repository. */
export interface Candidate {
  /** The name `.git` in it, or the directory itself, if that has the shape of a repository. */
  readonly path: string;
  readonly top: string;
}

/** What a sandbox could change of repositories. */
export interface Since {
  /** Directories of repositories whose settings and hooks it could not. */
  readonly guarded: ReadonlySet<string>;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
}

/** What is found of a candidate. */
export interface Judged {
  /** The directory of the repository; undefined if it does not exist. */
  readonly dir: string | undefined;
  /** What git would run, in words. */
  readonly runs: readonly string[];
}

/** The directory of a repository, and what is odd on the way there. */
interface Way {
  readonly dir?: string;
  readonly odd?: string;
}

const configLimit = 1 << 18;
/** Git reads as much of a file `.git`. */
const wordLimit = 1 << 20;
const mostHooks = 64;

/** What `git init`, `git clone`, `git submodule add` and `git remote` write, and what else runs nothing. */
const ordinary = [
  /^core\.(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|sparsecheckout\w*)$/,
  /^extensions\.(?:objectformat|refstorage|worktreeconfig)$/,
  /^remote\..*\.(?:url|pushurl|fetch|tagopt|prune|mirror)$/s,
  /^branch\..*\.(?:remote|merge|rebase|pushremote|description)$/s,
  /^submodule\.(?:active|.*\.(?:url|active|branch|shallow))$/s,
  /^(?:user|author|committer|color|advice)\.[^.]*$/,
  /^lfs\.repositoryformatversion$/,
];

function isOrdinary(system: System, { key, value }: Setting, dir: string, top: string): boolean {
  // Whoever has a program in the place of an address. A branch may have an address in the place of a remote's name.
  if (/(?:url|remote)$/.test(key) && (value.includes("::") || value.startsWith("-"))) return false;
  // A submodule says where its working tree is.
  if (key === "core.worktree") return leadsTo(system, from(dir, value)) === top;
  return harmless.has(key) || ordinary.some((one) => one.test(key));
}

/** Whether the next sandbox could write a file by a name that has no guard then. */
const hasOtherName = (system: System, path: string): boolean => (optional(() => system.stat(path).links) ?? 1) > 1;

/** What a file of settings has that may run something. */
function runByConfig(system: System, path: string, dir: string, top: string): readonly string[] {
  const kind = kindAt(system, path);
  if (kind === undefined) return [];
  const text = kind === "file" ? optional(() => system.readText(path, configLimit)) : undefined;
  if (text === undefined) return [`${baseName(path)}, which is no plain file`];
  const { settings, isWhole } = readConfig(text);
  const found = settings
    .filter((setting) => !isOrdinary(system, setting, dir, top))
    .map(({ key, value }) => quote(`${key}=${value}`));
  return [
    ...found,
    ...(isWhole ? [] : [`${baseName(path)}, which cannot be read`]),
    ...(hasOtherName(system, path) ? [`${baseName(path)}, which has another name, a hard link`] : []),
  ];
}

/** Paths of hooks. */
function hooksOf(system: System, dir: string): readonly string[] {
  const at = joinPath(dir, "hooks");
  if (kindAt(system, at) === "link") return [at];
  return (optional(() => system.listTyped(at)) ?? [])
    .filter(({ name, kind }) => (kind === "file" || kind === "link") && !name.endsWith(".sample"))
    .map(({ name }) => joinPath(at, name))
    .filter((path) => system.canAccess(path, "execute") || hasOtherName(system, path))
    .slice(0, mostHooks);
}

/** The path that a file of git names. Git takes lines off the end, and then what is in front of the first NUL. */
function wordOf(system: System, path: string, before: string): Pick<Way, "odd"> & { readonly word?: string } {
  const text = kindAt(system, path) === "file" ? optional(() => system.readText(path, wordLimit)) : undefined;
  if (text === undefined) return { odd: `${quote(path)}, which cannot be read` };
  const [word = ""] = text
    .slice(before.length)
    .replace(/[\r\n]+$/, "")
    .split("\0");
  // Without that word git ends with an error.
  return text.startsWith(before) ? { word } : {};
}

/** A path of git's: the kernel goes to where a link leads before it goes up. */
const from = (dir: string, word: string): string => (word.startsWith("/") ? word : `${dir}/${word}`);

/** The directory of the repository, and what is odd on the way. */
function followed(system: System, { path, top }: Candidate): Way {
  const kind = kindAt(system, path);
  if (kind === "directory") return { dir: path };
  if (kind !== "file" && kind !== "link") return {};
  if (kind === "link") {
    const real = findPath(system, path);
    if (real?.kind === "directory") return { dir: real.path };
    return { odd: `${quote(path)}, a link` };
  }
  const { word, odd } = wordOf(system, path, "gitdir: ");
  if (word === undefined) return odd === undefined ? {} : { odd };
  const dir = findPath(system, from(top, word))?.path;
  return dir === undefined ? { odd: `${quote(from(top, word))}, where nothing is yet` } : { dir };
}

/** The settings and hooks of a repository. Those that are guarded are the host's own, but may name what is in `top`. */
function partsOf(system: System, dir: string, top: string, { guarded }: Since) {
  const named = joinPath(dir, "commondir");
  const { word, odd } = kindAt(system, named) === undefined ? {} : wordOf(system, named, "");
  const common = word === undefined ? dir : leadsTo(system, from(dir, word));
  const tops = [...new Set([dir, common])];
  const configs = tops.flatMap((one) => [joinPath(one, "config"), joinPath(one, "config.worktree")]);
  const hooks = guarded.has(common) ? [] : hooksOf(system, common);
  return {
    files: [
      ...(guarded.has(dir) ? [] : [dir, named, ...configs]),
      joinPath(common, "hooks"),
      ...hooks,
      ...tops.flatMap(listsOf),
    ],
    runs: [
      ...(odd === undefined ? [] : [odd]),
      ...configs.flatMap((path) => runByConfig(system, path, common, top)),
      ...hooks.map((path) => `the hook ${quote(baseName(path))}`),
      ...tops.flatMap((one) => goneOnWith(system, one)),
    ],
  };
}

/** Judges a repository. What was the same before the sandbox began runs nothing of the sandbox's. */
export function judgeRepository(system: System, candidate: Candidate, known: Since): Judged {
  const { path, top } = candidate;
  if (known.guarded.has(path)) return { dir: path, runs: [] };
  const { dir, odd } = followed(system, candidate);
  const parts = dir === undefined ? { files: [], runs: [] } : partsOf(system, dir, top, known);
  // A commit changes the directory of a repository as well.
  const files = dir === path ? parts.files : [path, ...parts.files.filter((one) => one !== dir)];
  const isChanged = system.changedSince([...new Set(files)], known.since).some(Boolean);
  return { dir, runs: isChanged ? [...(odd === undefined ? [] : [odd]), ...parts.runs] : [] };
}
