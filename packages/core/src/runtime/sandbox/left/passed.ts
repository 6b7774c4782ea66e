// What a search of writable trees has passed before a sandbox begins: where something is to be looked at when it has ended.
import { foldCase, whoActsUpon } from "../../../overlay/acted-upon.ts";
import type { Found } from "../search/tree.ts";
import { bulky } from "../search/tree.ts";

/** Absolute paths. */
export interface Passed {
  /** Directories of which every name was looked at. */
  readonly dirs: string[];
  /** Directories of which only the name was looked at. */
  readonly bulky: string[];
  /** Names of repositories, and names by which a directory may be one. */
  readonly marks: string[];
}

export const newPassed = (): Passed => ({ dirs: [], bulky: [], marks: [] });

/** A name of version control begins so, or with a character that some file systems leave out. Most names do not. */
const mayBegin = (name: string): boolean => name[0] === "." || name[0] === "_" || name.charCodeAt(0) > 127;

/** Whether git looks for its repository in what has that name. */
export const isGitName = (name: string): boolean => name === ".git" || (mayBegin(name) && foldCase(name) === ".git");

/** Whether the directory of that name may be a repository: git asks for it first. */
export const isHead = (name: string): boolean => name.length === 4 && /^head$/i.test(name);

/** Names of others begin so. Asking the table takes 50 µs, and projects have thousands of other names with a dot or a line in front. */
const likely = /^[._](?:hg|sl|jj|bzr|svn|fos|pij|dar|arc|rep)|[^ -~]/i;

/** Whether other programs than git keep a repository in what has that name. */
export const isOtherControl = (name: string): boolean =>
  mayBegin(name) && likely.test(name) && whoActsUpon(name, true) === "other version control";

/** Notes an entry of a tree. */
export function notePassed(passed: Passed, { name, kind, path }: Found): void {
  const isGit = isGitName(name);
  if (kind === "directory" && !isGit) (bulky.has(name) ? passed.bulky : passed.dirs).push(path);
  if (isGit || isHead(name) || isOtherControl(name)) passed.marks.push(path);
}
