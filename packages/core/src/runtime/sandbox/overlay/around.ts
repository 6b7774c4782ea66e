// What a tree and the caller's home directory have that makes other names of the tree count: repositories, and links of which the
// own name is acted upon.
import { whoActsUpon } from "../../../overlay/acted-upon.ts";
import { joinPath, withParents } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { kindAt } from "../git/guarded.ts";
import { bulky, searchTree } from "../search/tree.ts";
import { homesOf } from "../secrets.ts";

/** How many names of a tree are looked at where nothing has changed, and how many of a home directory's settings. */
const mostNames = 100_000;
const mostOfHome = 20_000;

/** Directories with repositories, and links that are acted upon: absolute paths. */
export interface Around {
  readonly tops: readonly string[];
  readonly links: readonly string[];
}

/** Links among the settings of home directories: managers of dotfiles have them lead into a tree. */
function linksOfHomes(system: System): readonly string[] {
  const links: string[] = [];
  for (const home of homesOf(system)) {
    const own = (optional(() => system.listTyped(home)) ?? []).filter(({ name }) => name.startsWith("."));
    const dirs: string[] = [];
    for (const { name, kind } of own) {
      const path = joinPath(home, name);
      if (kind === "link") links.push(path);
      if (kind === "directory" && !bulky.has(name)) dirs.push(path);
    }
    for (const dir of dirs)
      searchTree(system, dir, { skip: bulky, limit: mostOfHome / dirs.length }, ({ kind, path }) => {
        if (kind === "link") links.push(path);
      });
  }
  return links;
}

/** Links in the directories of PATH: what is called by a name of theirs is elsewhere. */
const linksOfPath = (system: System): readonly string[] =>
  [...new Set(system.caller.env.PATH?.split(":"))]
    .filter((dir) => dir.startsWith("/"))
    .flatMap((dir) =>
      (optional(() => system.listTyped(dir)) ?? [])
        .filter(({ kind }) => kind === "link")
        .map(({ name }) => joinPath(dir, name))
        // A link to a name beside it leads where that does.
        .filter((path) => optional(() => system.readLink(path))?.includes("/")),
    );

/** Repositories that a tree is in, wherever the search for its own one ends: those of its owner, and of the caller. */
function topsAbove(system: System, tree: string): readonly string[] {
  const owners = [system.caller.uid, optional(() => system.stat(tree).uid)];
  return withParents(tree)
    .slice(1)
    .filter((dir) => owners.includes(optional(() => system.stat(joinPath(dir, ".git"), { follow: false }).uid) ?? -1));
}

/** Looks at a tree where something has changed, and, as far as it is not too large, everywhere else. */
export function lookAround(system: System, tree: string, dirs: readonly string[]): Around {
  const tops = dirs
    .map((dir) => joinPath(tree, dir))
    .filter((dir) => kindAt(system, joinPath(dir, ".git")) !== undefined);
  const links = new Set<string>();
  const look = (name: string, kind: string, path: string): void => {
    if (name === ".git") tops.push(path.slice(0, -"/.git".length));
    if (kind === "link" && whoActsUpon(path.slice(1), false) !== undefined) links.add(path);
  };
  for (const dir of dirs)
    for (const { name, kind } of optional(() => system.listTyped(joinPath(tree, dir))) ?? [])
      look(name, kind, joinPath(tree, dir, name));
  searchTree(system, tree, { skip: bulky, limit: mostNames }, ({ name, kind, path }) => look(name, kind, path));
  return {
    tops: [...new Set([tree, ...tops, ...topsAbove(system, tree)])],
    links: [...links, ...linksOfHomes(system), ...linksOfPath(system)],
  };
}
