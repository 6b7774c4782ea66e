// What git of the host would run of a repository that a sandbox may have made. A repository that has what `git init` and `git clone`
// write runs nothing, and is not told.
import { quote } from "../../../errors.ts";
import { baseName, foldDotDot, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { Setting } from "../git/config.ts";
import { readConfig } from "../git/config.ts";
import { kindAt } from "../git/guarded.ts";
import { harmless } from "../git/settings.ts";
import { findPath } from "../real-path.ts";

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

const configLimit = 1 << 18;
const wordLimit = 8192;
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

function isOrdinary({ key, value }: Setting, dir: string, top: string): boolean {
  // Whoever has a program in the place of an address.
  if (/url$/.test(key) && (value.includes("::") || value.startsWith("-"))) return false;
  // A submodule says where its working tree is.
  if (key === "core.worktree") return foldDotDot(value.startsWith("/") ? value : joinPath(dir, value)) === top;
  return harmless.has(key) || ordinary.some((one) => one.test(key));
}

/** What a file of settings has that may run something. */
function runByConfig(system: System, path: string, dir: string, top: string): readonly string[] {
  const kind = kindAt(system, path);
  if (kind === undefined) return [];
  const text = kind === "file" ? optional(() => system.readText(path, configLimit)) : undefined;
  if (text === undefined) return [`${baseName(path)}, which is no plain file`];
  const { settings, isWhole } = readConfig(text);
  const found = settings
    .filter((setting) => !isOrdinary(setting, dir, top))
    .map(({ key, value }) => quote(`${key}=${value}`));
  return isWhole ? found : [...found, `${baseName(path)}, which cannot be read`];
}

/** Paths of hooks. */
function hooksOf(system: System, dir: string): readonly string[] {
  const at = joinPath(dir, "hooks");
  if (kindAt(system, at) === "link") return [at];
  return (optional(() => system.listTyped(at)) ?? [])
    .filter(({ name, kind }) => (kind === "file" || kind === "link") && !name.endsWith(".sample"))
    .map(({ name }) => joinPath(at, name))
    .filter((path) => system.canAccess(path, "execute"))
    .slice(0, mostHooks);
}

/** Where a word of a file of git leads. */
function wordOf(system: System, path: string, before: string): string | undefined {
  if (kindAt(system, path) !== "file") return undefined;
  const text = optional(() => system.readText(path, wordLimit));
  return text?.startsWith(before) === true ? text.slice(before.length).replace(/[\r\n]+$/, "") : undefined;
}

const from = (dir: string, word: string): string => foldDotDot(word.startsWith("/") ? word : joinPath(dir, word));

/** The directory of the repository, and what is odd on the way. */
function followed(system: System, { path, top }: Candidate): { readonly dir?: string; readonly odd?: string } {
  const kind = kindAt(system, path);
  if (kind === "directory") return { dir: path };
  if (kind !== "file" && kind !== "link") return {};
  if (kind === "link") {
    const real = findPath(system, path);
    if (real?.kind === "directory") return { dir: real.path };
    return { odd: `${quote(path)}, a link` };
  }
  const word = wordOf(system, path, "gitdir: ");
  // Without that word git ends with an error.
  if (word === undefined) return {};
  const dir = findPath(system, from(top, word))?.path;
  return dir === undefined ? { odd: `${quote(from(top, word))}, where nothing is yet` } : { dir };
}

/** The settings and hooks of a repository. Those that are guarded are the host's own, but may name what is in `top`. */
function partsOf(system: System, dir: string, top: string, { guarded }: Since) {
  const word = wordOf(system, joinPath(dir, "commondir"), "");
  const common = word === undefined ? dir : (findPath(system, from(dir, word))?.path ?? from(dir, word));
  const configs = [...new Set([dir, common])].flatMap((one) => [
    joinPath(one, "config"),
    joinPath(one, "config.worktree"),
  ]);
  const hooks = guarded.has(common) ? [] : hooksOf(system, common);
  return {
    files: [
      ...(guarded.has(dir) ? [] : [dir, joinPath(dir, "commondir"), ...configs]),
      joinPath(common, "hooks"),
      ...hooks,
    ],
    runs: [
      ...configs.flatMap((path) => runByConfig(system, path, common, top)),
      ...hooks.map((path) => `the hook ${quote(baseName(path))}`),
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
