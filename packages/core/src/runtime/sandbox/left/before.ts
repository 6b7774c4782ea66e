// What is known of repositories before a sandbox begins.
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { moduleDirs } from "../git/guarded.ts";
import type { GitTree } from "../git/tree.ts";
import type { Guards } from "../guards.ts";

export interface Before {
  /** Directories that the sandbox can write, where a repository is looked for at the end. */
  readonly written: readonly string[];
  /** Directories of repositories that are guarded, and their working trees. */
  readonly guarded: readonly Readonly<Record<"dir" | "top", string>>[];
  /** Directories of their submodules. */
  readonly modules: readonly string[];
  /** Names that are guarded. */
  readonly names: readonly string[];
  /** Names that are hidden. */
  readonly hidden: readonly string[];
}

/** Where nothing is looked for. */
export const nothingBefore: Before = { written: [], guarded: [], modules: [], names: [], hidden: [] };

/** What is known where those rules hold, and these directories of repositories and names are guarded. */
export function beforeOf(
  system: System,
  rules: readonly PathRule[],
  gitDirs: readonly string[],
  git: GitTree | undefined,
  { guards }: Pick<Guards, "guards">,
): Omit<Before, "hidden"> {
  const written = rules.flatMap(({ access, source }) =>
    access === "write" && source !== undefined && optional(() => system.stat(source).kind) === "directory"
      ? [source]
      : [],
  );
  if (written.length === 0) return nothingBefore;
  const dirs = [...new Set(gitDirs)].map((dir) => ({ dir, top: dir.slice(0, dir.lastIndexOf("/")) || "/" }));
  const own = git === undefined ? [] : [...new Set([git.dir, git.common])].map((dir) => ({ dir, top: git.top }));
  return {
    written: [...new Set(written)],
    guarded: [...dirs.filter(({ dir }) => !own.some((one) => one.dir === dir)), ...own],
    modules: [...new Set(gitDirs.flatMap((dir) => moduleDirs(system, dir)))],
    names: guards.filter(({ readonly }) => readonly).map(({ source }) => source),
  };
}
