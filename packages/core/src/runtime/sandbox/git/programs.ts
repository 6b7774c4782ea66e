// Which files git runs, or reads as settings, because a setting says so. What may be the name of such a file is one: commands are
// words of a shell.
import type { Setting } from "../../../overlay/named/git-words.ts";
import { isData } from "../../../overlay/named/git-words.ts";
import type { Word } from "../../../overlay/named/words.ts";
import { wholeOf, wordsOf } from "../../../overlay/named/words.ts";
import { baseName, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { placesOf } from "./effective.ts";

/** A directory of programs: hooks, and what is copied to be hooks. */
const ofDirs = /^(?:core\.hookspath|init\.templatedir|program\.git_(?:template_dir|exec_path)|.*\.hooks)$/s;

/** One path, that may have no slash. */
const ofFiles = /^(?:core\.attributesfile|gpg\..*file|http\..*(?:cainfo|capath|sslkey|sslcert)|sendemail\..*file)$/s;

/** Files that git reads, and neither runs nor takes for settings; places of whole repositories. */
const harmless =
  /^(?:include\.path|includeif\..*|core\.(?:excludesfile|worktree)|mailmap\.file|blame\.ignorerevsfile|diff\.orderfile|commit\.template|format\.signaturefile|.*\.skiplist|(?:gui|maintenance|scalar)\..*repo)$/s;

/** Sections of git's own whose commands run without being asked for: a directory there may be a program, as of `node tools`. */
const unasked =
  /^(?:program|core|credential|diff|difftool|filter|gpg|hook|interactive|merge|mergetool|pager|sequence|ssh|trailer)\./;

/** What is put in front of a path: `$(git rev-parse --show-toplevel)/tools`. */
const substituted = /(?:\$\([^()]*\)|\$\{[^}]*\}|\$\w+|%\([^)]*\))(?=\/)/g;
const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"']*/gi;

/** Names of scripts, and what is followed by one. */
const ofScript = /[^/]\.(?:[cm]?[jt]s|sh|bash|zsh|fish|py|rb|pl|lua|php|awk|sed|tcl|exe|mk)$/i;
const runs =
  /(?:^|[\s;&|(!`"'/])(?:\.|source|exec|env|sudo|time|sh|bash|dash|zsh|fish|python[\d.]*|node|deno|bun|ruby|perl|lua|php|awk|make|-\S*|\w+=)\s*$/;

/** So much of a value is read. */
const mostLetters = 8192;
/** So much in front of a word is looked at. */
const mostBefore = 64;

interface Found {
  readonly kind: "file" | "directory" | undefined;
  readonly mayRun: boolean;
}

function look(system: System, path: string): Found {
  const stat = optional(() => system.stat(path));
  const kind = stat?.kind === "file" || stat?.kind === "directory" ? stat.kind : undefined;
  return { kind, mayRun: ((stat?.mode ?? 0) & 0o111) !== 0 };
}

/** Files of which the name begins so: of a pattern, or with an extension that was left out. */
function startedBy(system: System, start: string): readonly string[] {
  const dir = start.slice(0, start.lastIndexOf("/")) || "/";
  return (optional(() => system.listTyped(dir)) ?? [])
    .filter(({ name, kind }) => kind !== "directory" && name.startsWith(baseName(start)))
    .map(({ name }) => joinPath(dir, name));
}

/** Whether a word of an alias is run, by what is in front of it, or by its name. Most words of an alias are something else. */
function isRunIn(value: string, text: string): boolean {
  if (ofScript.test(text)) return true;
  for (let at = value.indexOf(text); at >= 0; at = value.indexOf(text, at + 1)) {
    const before = value.slice(Math.max(at - mostBefore, 0), at).trimEnd();
    if (/(?:^|[;&|(!`])$/.test(before) || (runs.test(`${before} `) && !/\s--$/.test(before))) return true;
  }
  return false;
}

/** Directories that a command goes to first, or a program works in. */
const goesTo = /(?:\bcd\s|\s-C|--directory[= ]|--prefix[= ])\s*["']?([^\s"';&|]+)/g;

/** What of a word of a command is guarded. `isRun`: git runs it, or what it runs does. */
function ofWord(
  system: System,
  { text, isOpen }: Word,
  { dirs, isRun, isDir }: { readonly dirs: readonly string[]; readonly isRun: boolean; readonly isDir: boolean },
): readonly string[] {
  const isPath = text.includes("/");
  const paths = [text, text.replace(/^(?:\.\.\/)+/, "")].flatMap((word) => placesOf(system, word, dirs));
  return paths.flatMap((path) => {
    if (isOpen) return isPath ? startedBy(system, text.endsWith("/") ? `${path}/` : path) : [];
    const { kind, mayRun } = look(system, path);
    if (kind === "file") return isRun || mayRun ? [path] : [];
    if (kind === "directory") return isDir ? [path] : [];
    // A value with a blank in it is seldom one name.
    if (!isRun || /\s/.test(text) || !(isPath || ofScript.test(text))) return [];
    return [path, ...(isPath ? startedBy(system, `${path}.`) : [])];
  });
}

/** What of the words of a command is guarded. */
function ofCommand(system: System, { key, value }: Setting, dirs: readonly string[]): readonly string[] {
  const isAlias = key.startsWith("alias.");
  const plain = value.slice(0, mostLetters).replace(address, " ").replaceAll(substituted, ".");
  const words = [...wordsOf(plain), ...wholeOf(plain.trim()).map((text) => ({ text, isOpen: false }))];
  const at = new Set([...plain.matchAll(goesTo)].map(([, dir = ""]) => dir));
  const all = [...dirs, ...[...at].flatMap((dir) => placesOf(system, dir, dirs))];
  const once = new Map(words.map((word) => [`${word.isOpen} ${word.text}`, word])).values();
  return [...once].flatMap((word) => {
    const { text } = word;
    // Options, versions, and what is always there.
    if (/^(?:-.*|[\d.]*|[./~]*)$/.test(text) || text.length > 4095) return [];
    const isDir = unasked.test(key) && (text.includes("/") || at.has(text));
    return ofWord(system, word, { dirs: all, isRun: !isAlias || isRunIn(plain, text), isDir });
  });
}

/** Paths that a setting has git run, or read as settings: there or not. `dirs`: where relative ones count from. */
export function guardedBySetting(system: System, setting: Setting, dirs: readonly string[]): readonly string[] {
  const { key, value } = setting;
  // The base of an address can be a command of `git-remote-ext`.
  const middle = /^url\.(.*::.*)\.[^.]*$/s.exec(key)?.[1];
  if (middle !== undefined) return ofCommand(system, { ...setting, value: middle }, dirs);
  if (value === "" || harmless.test(key) || isData(setting)) return [];
  if (ofDirs.test(key)) return placesOf(system, value, dirs);
  if (ofFiles.test(key)) return placesOf(system, value, dirs).filter((path) => look(system, path).kind !== "directory");
  return ofCommand(system, setting, dirs);
}
