// Where git of the host enters other repositories by itself: what the index of a repository has as a submodule, in `.gitmodules` or
// not. `git status`, `git diff` and `git commit` run git there, with the settings of that repository.
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { runGit } from "../git/ask.ts";
import { kindAt } from "../git/guarded.ts";

const indexLimit = 1 << 26;

/**
 * Without one of these an index that git has written has no submodule: gitformat-index(5) has the mode of an entry in 32 bits,
 * 0160000 for a submodule. An index that is split, or has whole directories as one entry, has entries elsewhere. An index that
 * somebody else has written may have other bits in the mode, which git ignores.
 */
const mayHave = /\0\0\udce0\0|link\0|sdir\0/;

/** Of a mode: what says that an entry is a submodule. */
const isSubmodule = (mode: string): boolean => (Number.parseInt(mode, 8) & 0o170000) === 0o160000;

/** So many submodules are looked at. */
const mostPaths = 20_000;
/** Of timeout(1). */
const timedOut = 124;

/** Paths that a repository has as submodules, and whether these are all. */
export interface Submodules {
  readonly asked: boolean;
  readonly paths: readonly string[];
  readonly isWhole: boolean;
}

/** Reads the index of a repository. One that may have submodules, or has changed since, is read by git itself. */
export async function submodulesOf(system: System, dir: string, top: string, since: number): Promise<Submodules> {
  const index = joinPath(dir, "index");
  const none = { asked: false, paths: [], isWhole: true };
  if (kindAt(system, index) === undefined) return none;
  const text = optional(() => system.readText(index, indexLimit));
  const isChanged = system.changedSince([index], since).some(Boolean);
  if (!isChanged && text !== undefined && !mayHave.test(text)) return none;
  const words = ["-C", top, "--git-dir", dir, "--work-tree", top, "-c", "core.fsmonitor=false"];
  // Git that ends with an error enters nothing either.
  const { status, output } = await runGit(system, [...words, "ls-files", "--stage", "-z"]);
  const paths = output.split("\0").flatMap((line) => {
    const cut = line.indexOf("\t");
    return cut > 0 && isSubmodule(line) ? [joinPath(top, line.slice(cut + 1))] : [];
  });
  return { asked: true, paths: paths.slice(0, mostPaths), isWhole: status !== timedOut && paths.length <= mostPaths };
}
