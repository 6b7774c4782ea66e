// What the judge of an overlay has to know of the tree.
import { foldCase } from "../../../overlay/acted-upon.ts";
import type { TreeFacts } from "../../../overlay/facts.ts";
import { markOf } from "../../../overlay/facts.ts";
import { fileOf, pathsOf, sayKey, settingsOfEnv } from "../../../overlay/git-words.ts";
import type { LayerRecord } from "../../../overlay/records.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import { askGit } from "../git/ask.ts";
import { guardedOfGit, kindAt } from "../git/guarded.ts";
import { findGit } from "../git/tree.ts";
import { findPath } from "../real-path.ts";
import { bulky, searchTree } from "../search/tree.ts";
import { homesOf } from "../secrets.ts";
import type { Journal } from "./journals.ts";
import { journalsOf } from "./journals.ts";
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

/** How many names of a tree are looked at for repositories in which nothing has changed. */
const mostNames = 20_000;

/** Directories of a tree that have a repository: those that something is changed in or beside, and others. */
function topsOf(system: System, tree: string, dirs: readonly string[]): readonly string[] {
  const found = dirs
    .map((dir) => joinPath(tree, dir))
    .filter((dir) => kindAt(system, joinPath(dir, ".git")) !== undefined);
  searchTree(system, tree, { skip: bulky, limit: mostNames }, ({ name, path }) => {
    if (name === ".git") found.push(path.slice(0, -"/.git".length));
  });
  return [...new Set(found)];
}

/** What is there of a tree with its overlay, by paths beneath. */
interface Contents {
  readonly isThere: (path: string) => boolean;
  readonly isRepository: TreeFacts["isRepository"];
}

function contentsOf(system: System, at: string, records: readonly LayerRecord[]): Contents {
  const written = new Set(records.flatMap(({ path, upper }) => (upper === undefined ? [] : [path])));
  const files = new Set(
    records.flatMap(({ path, upper, lower }) =>
      [upper, lower].some((one) => one?.kind === "directory") ? [] : [path],
    ),
  );
  const known = new Map<string, ReturnType<TreeFacts["isRepository"]>>();
  const isThere = (path: string): boolean => written.has(path) || kindAt(system, joinPath(at, path)) !== undefined;
  const look = (dir: string): ReturnType<TreeFacts["isRepository"]> => {
    if (files.has(dir)) return undefined;
    const has = (name: string): boolean => isThere(dir === "" ? name : `${dir}/${name}`);
    // The names that git looks for in a directory of its own.
    if (has("HEAD") && (has("commondir") || (has("objects") && has("refs")))) return "is";
    return has(".git") ? "has" : undefined;
  };
  const isRepository: TreeFacts["isRepository"] = (path) => {
    if (!known.has(path)) known.set(path, look(path));
    return known.get(path);
  };
  return { isThere, isRepository };
}

/** Everything of a tree that settings name, and why. */
async function namedBySettings(
  system: System,
  tree: string,
  dirs: readonly string[],
  { isThere, isRepository }: Contents,
): Promise<Pick<TreeFacts, "named" | "isGitUnknown">> {
  const homes = homesOf(system);
  const tops = topsOf(system, tree, dirs);
  const git = [tree, ...tops].map((top) => findGit(system, top, homes)).filter((one) => one !== undefined);
  const bare = dirs.filter((dir) => isRepository(dir) === "is").map((dir) => joinPath(tree, dir));
  const own = tops.map((top) => joinPath(top, ".git"));
  const gitDirs = [...new Set([...git.flatMap(({ common, dir }) => [common, dir]), ...own, ...bare])];
  const named = new Map<string, string>();
  const add = (path: string, why: string, isCertain: boolean): void => {
    for (const one of new Set([path, realPath(system, path)])) {
      const below = isBeneath(one, tree) ? one.slice(tree.length + 1) : undefined;
      const isNamed = isCertain
        ? below !== undefined || isBeneath(tree, one)
        : below !== undefined && below !== "" && isThere(below);
      if (isNamed) named.set(foldCase(below ?? ""), why);
    }
  };
  for (const path of guardedOfGit(
    system,
    [...new Set([tree, ...tops])],
    gitDirs.filter((dir) => kindAt(system, dir) === "directory"),
  ))
    add(path, "git's settings", true);
  const settings = await askGit(system, gitDirs.length === 0 ? [joinPath(tree, ".git")] : gitDirs);
  const bases = { dirs: [...new Set([tree, ...tops, ...gitDirs])], home: system.caller.env.HOME };
  for (const setting of [...(settings ?? []), ...settingsOfEnv(system.caller.env)]) {
    const { certain, likely } = pathsOf(setting, bases);
    const file = fileOf(setting);
    for (const path of [...certain, ...(file === undefined ? [] : [file])]) add(path, sayKey(setting.key), true);
    for (const path of likely) add(path, sayKey(setting.key), false);
  }
  return { named, isGitUnknown: settings === undefined };
}

/** What an overlay and its tree are. Names are looked up in the tree now: whoever may change it there can do the same without us. */
export async function treeFacts(
  { system }: Runtime,
  { dir, record, tree }: OpenLayers,
  records: readonly LayerRecord[],
): Promise<TreeFacts> {
  const contents = contentsOf(system, tree.at, records);
  const homes = homesOf(system)
    .flatMap((home) => [home, realPath(system, home)])
    .filter((home) => isBeneath(home, tree.path))
    .map((home) => foldCase(home.slice(tree.path.length + 1)));
  return {
    uid: system.caller.uid,
    created: createdAt(record),
    ...(await namedBySettings(system, tree.path, dirsOf(records), contents)),
    homes,
    isRepository: contents.isRepository,
    isLink: (path) => kindAt(system, joinPath(tree.at, path)) === "link",
    own: ownMarks(journalsOf(system, dir)),
  };
}

/** What earlier applies have put into the tree, or have put back there. */
const ownMarks = (journals: readonly Journal[]): ReadonlySet<string> =>
  new Set(
    journals.flatMap(({ objects }) =>
      objects.map((text) => {
        const [, inode = "", size = "", modified = "", mode = "", changed = ""] = text.split(" ");
        return markOf({ inode, size, modified, mode, changed });
      }),
    ),
  );
