// Looking for names in the trees that a sandbox sees.
import { SystemError } from "../../../system/error.ts";
import type { FileKind, System } from "../../../system/port.ts";

/** How far a search goes. */
export interface SearchOptions {
  /** Directories of that name are not entered. */
  readonly skip?: Pick<ReadonlySet<string>, "has">;
  /** Nor are these directories, by their paths. */
  readonly shut?: ReadonlySet<string>;
  /** As many names are looked at. */
  readonly limit: number;
  /** Files of these names are skipped. */
  readonly isDull?: (name: string) => boolean;
}

/** An entry of a tree. */
export interface Found {
  readonly path: string;
  readonly name: string;
  readonly kind: FileKind;
}

/** Directories of things that others have written, which are many. */
export const bulky: ReadonlySet<string> = new Set([
  ".cache",
  ".git",
  ".gradle",
  ".hg",
  ".mypy_cache",
  ".next",
  ".nuxt",
  ".nx",
  ".parcel-cache",
  ".pnpm-store",
  ".pytest_cache",
  ".ruff_cache",
  ".svelte-kit",
  ".tox",
  ".turbo",
  ".venv",
  ".yarn",
  ".zig-cache",
  "__pycache__",
  "bower_components",
  "node_modules",
  "target",
  "vendor",
  "venv",
]);

/**
 * Calls `visit` for every entry of a tree, breadth first; links are not followed, and what may not be read is ignored. True
 * if the limit was not reached.
 */
export function searchTree(
  { listTyped }: Pick<System, "listTyped">,
  top: string,
  { skip = new Set(), shut, limit, isDull }: SearchOptions,
  visit: (found: Found) => void,
): boolean {
  const queue = [top];
  let seen = 0;
  // What is added meanwhile is gone through as well. To shift an array takes as long as it is.
  for (const dir of queue) {
    const inDir = dir === "/" ? "/" : `${dir}/`;
    for (const { name, kind } of listOrNothing(listTyped, dir)) {
      seen += 1;
      if (seen > limit) return false;
      if (kind === "file" && isDull?.(name) === true) continue;
      const path = inDir + name;
      visit({ path, name, kind });
      if (kind === "directory" && !skip.has(name) && shut?.has(path) !== true) queue.push(path);
    }
  }
  return true;
}

/** The path that is most often among these. */
export function commonest(paths: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["/", 0])[0];
}

function listOrNothing(list: System["listTyped"], path: string): ReturnType<System["listTyped"]> {
  try {
    return list(path);
  } catch (error) {
    if (SystemError.is(error)) return [];
    throw error;
  }
}
