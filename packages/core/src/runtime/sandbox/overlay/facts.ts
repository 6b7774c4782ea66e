// What the judge of an overlay has to know of the tree.
import type { TreeFacts } from "../../../overlay/judge.ts";
import { markOf } from "../../../overlay/judge.ts";
import type { LayerRecord } from "../../../overlay/records.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import { guardedOfGit, kindAt } from "../git/guarded.ts";
import { findGit } from "../git/tree.ts";
import { guardedParts } from "../guards.ts";
import { findPath } from "../real-path.ts";
import { homesOf } from "../secrets.ts";
import type { Journal } from "./journals.ts";
import type { OpenLayers } from "./read.ts";
import { createdAt } from "./read.ts";

/** Every directory that something is changed in, and those above. */
function dirsOf(records: readonly LayerRecord[]): readonly string[] {
  const dirs = new Set<string>();
  for (const { path, upper, lower } of records) {
    const start = (upper ?? lower)?.kind === "directory" ? path.length : path.lastIndexOf("/");
    for (let at = start; at > 0; at = path.lastIndexOf("/", at - 1)) {
      const dir = path.slice(0, at);
      if (dirs.has(dir)) break;
      dirs.add(dir);
    }
  }
  return ["", ...dirs];
}

/** The path without links, also where its end is missing. */
function realPath(system: System, path: string): string {
  const found = findPath(system, path)?.path;
  const cut = path.lastIndexOf("/");
  return found ?? (cut <= 0 ? path : joinPath(realPath(system, path.slice(0, cut)), path.slice(cut + 1)));
}

/** The names that settings of git name: of the tree's repository, and of every other that something is changed beside. */
function namedByGit(system: System, tree: string, dirs: readonly string[]): readonly string[] {
  const homes = homesOf(system);
  const tops = dirs
    .map((dir) => joinPath(tree, dir))
    .filter((dir) => kindAt(system, joinPath(dir, ".git")) !== undefined);
  const repositories = [tree, ...tops].flatMap((top) => {
    const git = findGit(system, top, homes);
    const own = joinPath(top, ".git");
    return [...(git === undefined ? [] : [git.common, git.dir]), ...(kindAt(system, own) === "directory" ? [own] : [])];
  });
  const named = guardedOfGit(system, [...new Set([tree, ...tops])], [...new Set(repositories)]);
  return [...new Set(named.flatMap((path) => [path, realPath(system, path)]))];
}

/** Whether the names that git looks for in a directory of its own are there. */
const isRepository = (isThere: (name: string) => boolean): boolean =>
  isThere("HEAD") && (isThere("commondir") || (isThere("objects") && isThere("refs")));

/** What an overlay and its tree are. Names are looked up in the tree now: whoever may change it there can do the same without us. */
export function treeFacts(
  { system }: Runtime,
  { record, tree }: OpenLayers,
  records: readonly LayerRecord[],
  journals: readonly Journal[],
): TreeFacts {
  const below = (path: string): string => joinPath(tree.path, path);
  const written = new Set(records.flatMap(({ path, upper }) => (upper === undefined ? [] : [path])));
  const isThere = (path: string): boolean => written.has(path) || kindAt(system, below(path)) !== undefined;
  const inDir = (dir: string, name: string): string => (dir === "" ? name : `${dir}/${name}`);
  const dirs = dirsOf(records);
  const guarded = namedByGit(system, tree.path, dirs).flatMap((path) => {
    if (isBeneath(tree.path, path)) return [""];
    return isBeneath(path, tree.path) ? [path.slice(tree.path.length + 1)] : [];
  });
  return {
    uid: system.caller.uid,
    created: createdAt(record),
    names: guardedParts,
    guarded: [...new Set(guarded)],
    repositories: new Set(dirs.filter((dir) => isRepository((name) => isThere(inDir(dir, name))))),
    isLink: (path) => kindAt(system, below(path)) === "link",
    own: ownMarks(journals),
  };
}

/** What earlier applies have put into the tree, or have put back there. */
function ownMarks(journals: readonly Journal[]): ReadonlySet<string> {
  return new Set(
    journals.flatMap(({ steps }) =>
      steps.flatMap(({ out, incoming }) =>
        [out, incoming].flatMap((text) => {
          const [kind = "-", inode = "", size = "", modified = ""] = text.split(" ");
          return kind === "-" || kind === "m" ? [] : [markOf({ inode, size, modified })];
        }),
      ),
    ),
  );
}
