// What is known of a tree, and what that says of a name in it, or of where a link leads.
import { joinPath } from "../paths.ts";
import { foldCase, whoActsUpon } from "./acted-upon.ts";
import type { LayerObject, LayerRecord } from "./records.ts";

/** What has to be known of the tree and of the caller. Paths are beneath the tree. */
export interface TreeFacts {
  readonly uid: number;
  /** The real path of the tree. */
  readonly at: string;
  /** When the overlay was made, in nanoseconds since 1970. */
  readonly created: bigint;
  /** Paths that settings name, folded, whether they are there or not, and what names them; the empty one is the tree. */
  readonly named: ReadonlyMap<string, string>;
  /** Beginnings of paths that settings name, folded, where nothing of that very name need be there. */
  readonly starts: readonly NamedStart[];
  /** Entries of PATH, and of places of libraries, that count from whatever directory the caller is in, folded; the empty one is that directory. */
  readonly relative: readonly string[];
  /** Nobody knows what git's settings name. */
  readonly isGitUnknown: boolean;
  /** The caller's home directories: without links too. */
  readonly homes: readonly string[];
  /** Whether a directory is a repository by what is in it, or has one, in the tree or with the overlay. */
  readonly isRepository: (path: string) => "is" | "has" | undefined;
  /** Links of the tree. */
  readonly isLink: (path: string) => boolean;
  /** What an earlier apply or undo has put into the tree. */
  readonly own: ReadonlySet<string>;
}

/** A beginning of paths. `isOpen`: any rest may follow, as for a pattern; else an extension, or what is in a directory. */
export interface NamedStart {
  readonly start: string;
  readonly why: string;
  readonly isOpen: boolean;
}

/** What identifies something that Coffer itself has put into a tree, as long as nobody has touched it. */
export const markOf = ({
  inode,
  size,
  modified,
  mode,
  changed,
}: Pick<LayerObject, "inode" | "size" | "modified" | "changed"> & { readonly mode: number | string }): string =>
  `${inode} ${size} ${modified} ${mode} ${changed}`;

/** A path, and what is above it; the empty one is the tree. */
function withAbove(path: string): readonly string[] {
  const found = [path];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) found.push(path.slice(0, at));
  return path === "" ? found : [...found, ""];
}

/** The same for every path of a map. */
const aboves = new WeakMap<ReadonlyMap<string, string>, ReadonlyMap<string, string>>();
function aboveNamed(named: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = aboves.get(named);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  for (const [path, why] of named) for (const one of withAbove(path)) if (!found.has(one)) found.set(one, why);
  aboves.set(named, found);
  return found;
}

/** What settings name: the path itself, something above it, or something in it. */
function namedBy(path: string, { named }: TreeFacts, isDir: boolean): string | undefined {
  const folded = foldCase(path);
  for (const one of withAbove(folded)) {
    const why = named.get(one);
    if (why !== undefined) return `${why} names it`;
  }
  // A directory is none of what may be in it.
  const why = isDir ? undefined : aboveNamed(named).get(folded);
  return why === undefined ? undefined : `${why} names something in it`;
}

/** What settings name without an extension, or by a pattern. */
function startedBy(path: string, { starts }: TreeFacts): string | undefined {
  const folded = foldCase(path);
  const found = starts.find(({ start, isOpen }) => {
    const next = folded[start.length];
    return folded.startsWith(start) && (isOpen || next === "." || next === "/");
  });
  return found === undefined ? undefined : `${found.why} may name it`;
}

/** Programs that are looked for in whatever directory the caller is in. */
function inRelativePath(path: string, { relative }: TreeFacts, isRun: boolean): string | undefined {
  const folded = `/${foldCase(path)}`;
  const isFound = relative.some((one) =>
    one === "" ? isRun : folded.includes(`/${one}/`) || folded.endsWith(`/${one}`),
  );
  return isFound
    ? "the variable PATH or LD_LIBRARY_PATH has a place that counts from the working directory"
    : undefined;
}

/** Whether an absolute path is in a directory of settings of the caller: its home directory's names with a dot. */
const isOfHome = (path: string, { homes }: TreeFacts): boolean =>
  homes.some((home) => path.startsWith(`${home === "/" ? "" : foldCase(home)}/.`));

/** What is known of a name beside itself. */
interface Named {
  /** There is a directory, and nothing else. */
  readonly isDir: boolean;
  /** It can be executed, or loaded by what is. */
  readonly isRun: boolean;
}

/** Why a name is held, whatever is there. */
export function judgeName(path: string, facts: TreeFacts, { isDir, isRun }: Named): string | undefined {
  if (withAbove(path).some((one) => facts.isRepository(one) === "is"))
    return "it is of a repository, whose settings and hooks programs act upon";
  // The tree itself may be in a directory that programs act upon.
  const whole = joinPath(facts.at, path);
  const who = whoActsUpon(whole.slice(1), isDir);
  if (who !== undefined) return `programs of the host act upon it: ${who}`;
  if (isOfHome(foldCase(whole), facts))
    return "programs of the host act upon it: it is a setting of your home directory";
  return namedBy(path, facts, isDir) ?? startedBy(path, facts) ?? inRelativePath(path, facts, isRun);
}

/** Where a link leads by its words; undefined where that is not beneath the tree, or not to be told. */
function leadsTo(path: string, target: string): string | undefined {
  if (target.startsWith("/") || target === "") return undefined;
  const words = target.split("/").filter((part) => part !== "" && part !== ".");
  const at = path.split("/").slice(0, -1);
  const up = words.findIndex((word) => word !== "..");
  const climbs = up < 0 ? words.length : up;
  const rest = words.slice(climbs);
  if (rest.includes("..") || climbs > at.length) return undefined;
  return [...at.slice(0, at.length - climbs), ...rest].join("/");
}

/** Why a link is held. `links`: those of the overlay, folded. */
export function judgeLink(
  { path, target }: LayerRecord,
  facts: TreeFacts,
  links: ReadonlySet<string>,
): string | undefined {
  const to = leadsTo(path, target);
  if (to === undefined) return "it is a link that leads out of the tree, or may";
  if (to === "" || judgeName(to, facts, { isDir: false, isRun: true }) !== undefined)
    return "it is a link to what programs of the host act upon";
  if (facts.isRepository(to) === "has") return "it is a link to a directory that has a repository";
  return withAbove(to).some((one) => one !== "" && (links.has(foldCase(one)) || facts.isLink(one)))
    ? "it is a link that leads through another"
    : undefined;
}
