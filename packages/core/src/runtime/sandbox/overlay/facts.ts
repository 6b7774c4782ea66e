// What the judge of an overlay has to know of the tree.
import { quote } from "../../../errors.ts";
import { foldCase } from "../../../overlay/acted-upon.ts";
import type { NamedStart, TreeFacts } from "../../../overlay/facts.ts";
import { markOf } from "../../../overlay/facts.ts";
import type { Start } from "../../../overlay/named/git-words.ts";
import { fileOf, pathsOf, sayKey, workTreeOf } from "../../../overlay/named/git-words.ts";
import { relativeOf, settingsOfEnv } from "../../../overlay/named/variables.ts";
import type { LayerRecord } from "../../../overlay/records.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import { askGit } from "../git/ask.ts";
import { guardedOfGit, hasShape, hookTargets, kindAt } from "../git/guarded.ts";
import { findGit, namedGitDirs } from "../git/tree.ts";
import { leadsTo } from "../real-path.ts";
import { homesOf } from "../secrets.ts";
import { lookAround } from "./around.ts";
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

/** What is there of a tree with its overlay, by paths beneath. */
interface Contents {
  readonly isThere: (path: string) => boolean;
  readonly isRepository: TreeFacts["isRepository"];
}

function contentsOf(system: System, at: string, records: readonly LayerRecord[]): Contents {
  const written = new Set(records.flatMap(({ path, upper }) => (upper === undefined ? [] : [foldCase(path)])));
  const files = new Set(
    records.flatMap(({ path, upper, lower }) =>
      [upper, lower].some((one) => one?.kind === "directory") ? [] : [path],
    ),
  );
  const known = new Map<string, ReturnType<TreeFacts["isRepository"]>>();
  const isThere = (path: string): boolean =>
    written.has(foldCase(path)) || kindAt(system, joinPath(at, path)) !== undefined;
  const look = (dir: string): ReturnType<TreeFacts["isRepository"]> => {
    if (files.has(dir)) return undefined;
    const has = (name: string): boolean => isThere(dir === "" ? name : `${dir}/${name}`);
    // The names that git looks for in a directory of its own.
    if (has("HEAD") && hasShape(has)) return "is";
    return has(".git") ? "has" : undefined;
  };
  const isRepository: TreeFacts["isRepository"] = (path) => {
    if (!known.has(path)) known.set(path, look(path));
    return known.get(path);
  };
  return { isThere, isRepository };
}

/** Directories of a tree that have a repository, the repositories in them, and those by shape. */
type Repositories = Readonly<Record<"tops" | "own" | "bare", readonly string[]>>;

/** What is collected of everything that names something of a tree. */
class Named {
  readonly named = new Map<string, string>();
  readonly starts: NamedStart[] = [];
  private readonly system: System;
  private readonly tree: string;
  private readonly isThere: Contents["isThere"];

  constructor(system: System, tree: string, { isThere }: Pick<Contents, "isThere">) {
    this.system = system;
    this.tree = tree;
    this.isThere = isThere;
  }

  private below(path: string): string | undefined {
    if (!isBeneath(path, this.tree)) return undefined;
    return path.slice(this.tree === "/" ? 1 : this.tree.length + 1);
  }

  /** A path that something names: whether something is there or not, or only in that case. */
  add(path: string, why: string, isCertain: boolean): void {
    for (const one of new Set([path, leadsTo(this.system, path)])) {
      const below = this.below(one);
      const isNamed = isCertain
        ? below !== undefined || isBeneath(this.tree, one)
        : below !== undefined && below !== "" && this.isThere(below);
      if (isNamed) this.named.set(foldCase(below ?? ""), why);
    }
  }

  /** A beginning of paths. */
  addStart({ path, isOpen }: Start, why: string): void {
    const start = this.below(path);
    if (start === undefined || start === "") return;
    this.starts.push({ start: foldCase(start), why, isOpen });
  }
}

/** Takes what git's settings and the caller's variables name. True if that is all. */
async function addSettings(system: System, tree: string, found: Named, { tops, own, bare }: Repositories) {
  const homes = homesOf(system);
  const git = [tree, ...tops].map((top) => findGit(system, top, homes)).filter((one) => one !== undefined);
  const ofTrees = git.flatMap(({ common, dir }) => [common, dir]);
  const all = [...new Set([...ofTrees, ...namedGitDirs(system), ...own, ...bare])];
  // What only the overlay has is held as a whole, and nobody is asked about it.
  const gitDirs = all.filter((dir) => kindAt(system, dir) !== undefined);
  for (const path of guardedOfGit(
    system,
    [...new Set([tree, ...tops])],
    gitDirs.filter((dir) => kindAt(system, dir) === "directory"),
  ))
    found.add(path, "git's settings", true);
  const { settings, isWhole } = await askGit(system, gitDirs);
  const { env } = system.caller;
  const workTrees = [
    ...settings.flatMap(workTreeOf),
    ...(env.GIT_WORK_TREE?.startsWith("/") ? [env.GIT_WORK_TREE] : []),
  ];
  const bases = { dirs: [...new Set([tree, ...tops, ...gitDirs, ...workTrees])], home: env.HOME };
  for (const setting of [...settings, ...settingsOfEnv(env)]) {
    const { certain, likely, starts } = pathsOf(setting, bases);
    const file = fileOf(setting);
    const why = sayKey(setting.key);
    for (const path of [...certain, ...(file === undefined ? [] : [file])]) found.add(path, why, true);
    for (const path of likely) found.add(path, why, false);
    for (const start of starts) found.addStart(start, why);
    if (setting.key === "core.hookspath")
      for (const path of hookTargets(system, certain)) found.add(path, "a hook of git", true);
  }
  return isWhole;
}

/** Everything of a tree that is named by something else, and why. */
async function namedBy(
  system: System,
  tree: string,
  dirs: readonly string[],
  contents: Contents,
): Promise<Pick<TreeFacts, "named" | "starts" | "isGitUnknown">> {
  const found = new Named(system, tree, contents);
  const { tops, links } = lookAround(system, tree, dirs);
  const own = tops.map((top) => joinPath(top, ".git"));
  const bare = dirs.filter((dir) => contents.isRepository(dir) === "is").map((dir) => joinPath(tree, dir));
  for (const link of links) found.add(leadsTo(system, link), `the link ${quote(link)}`, true);
  const isWhole = await addSettings(system, tree, found, { tops, own, bare });
  return { named: found.named, starts: found.starts, isGitUnknown: !isWhole };
}

/** What an overlay and its tree are. Names are looked up in the tree now: whoever may change it there can do the same without us. */
export async function treeFacts(
  { system }: Runtime,
  { dir, record, tree }: OpenLayers,
  records: readonly LayerRecord[],
): Promise<TreeFacts> {
  const contents = contentsOf(system, tree.at, records);
  return {
    uid: system.caller.uid,
    at: tree.path,
    created: createdAt(record),
    ...(await namedBy(system, tree.path, dirsOf(records), contents)),
    relative: relativeOf(system.caller.env).map(foldCase),
    homes: [...new Set(homesOf(system).flatMap((home) => [home, leadsTo(system, home)]))],
    isRepository: contents.isRepository,
    isLink: (path) => kindAt(system, joinPath(tree.at, path)) === "link",
    own: ownMarks(journalsOf(system, dir)),
  };
}

/** What earlier applies have put into the tree, or have put back there. */
const ownMarks = (journals: readonly Journal[]): ReadonlySet<string> =>
  new Set(
    journals.flatMap(({ after, back }) =>
      [...after.values(), ...back.values()].map((text) => {
        const [, inode = "", size = "", modified = "", mode = "", changed = ""] = text.split(" ");
        return markOf({ inode, size, modified, mode, changed });
      }),
    ),
  );
