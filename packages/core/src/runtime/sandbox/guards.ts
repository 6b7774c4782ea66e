// Names in writable trees that programs of the host act upon: settings and hooks that run what they say.

import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import { guardedAtTop } from "../../overlay/acted-upon.ts";
import { isBeneath, joinPath, withParents } from "../../paths.ts";
import type { System } from "../../system/port.ts";
import { guardedOfGit, kindAt } from "./git/guarded.ts";
import type { NamedRules } from "./layers.ts";
import { wayTo } from "./real-path.ts";

const firstNames: ReadonlySet<string> = new Set([".git", ...guardedAtTop.map((name) => name.split("/")[0] ?? name)]);

/** Whether a path beneath a tree is, or may be, or is in something that is guarded. */
export const mayBeGuarded = (below: string): boolean => below.split("/").some((name) => firstNames.has(name));

/** A path that nobody inside can rename or remove. */
export interface Guard {
  /** In the sandbox. */
  readonly path: string;
  /** What of the host is there. */
  readonly source: string;
  readonly readonly: boolean;
  /** The path is a link. */
  readonly isLink?: boolean;
}

/** What guards come to. */
export interface Guards {
  /** The names that there are, with the directories on the way: above before beneath. */
  readonly guards: readonly Guard[];
  /** Directories of the host to which a guarded link leads, and in which something is named that can be written. */
  readonly unguarded: readonly string[];
  /** Names of the host that are not there. */
  readonly missing: readonly string[];
  /** Where these would be in the sandbox. */
  readonly missingAt: readonly string[];
}

/** The names of the host that are guarded in trees. */
export function guardedNames(system: System, trees: readonly string[], gitDirs: readonly string[]): readonly string[] {
  const tops = [...new Set(trees)];
  return [
    ...tops.flatMap((tree) => guardedAtTop.map((name) => joinPath(tree, name))),
    // The file of a linked working tree or a submodule says where the repository is.
    ...tops.map((tree) => joinPath(tree, ".git")).filter((path) => kindAt(system, path) === "file"),
    ...guardedOfGit(system, tops, [...new Set(gitDirs)]),
  ];
}

/** What of the host a path of the sandbox is, if the sandbox can write it. */
function writtenAt(rules: readonly PathRule[], path: string): string | undefined {
  const rule = ruleFor(rules, path);
  if (rule?.access !== "write" || rule.source === undefined) return undefined;
  return joinPath(rule.source, path.slice(rule.path.length));
}

/** A name of the host, and where the sandbox has it. */
interface Place {
  readonly at: string;
  readonly name: string;
}

/** The directories above a guarded path that the sandbox could rename, to put others in their place. */
function movable(rules: readonly PathRule[], { at, name }: Place): readonly Guard[] {
  const [, ...above] = withParents(name);
  const [, ...dirs] = withParents(at);
  return dirs
    .map((path, index): Guard => ({ path, source: above[index] ?? "/", readonly: false }))
    .filter(({ path, source }, index) => {
      const parent = dirs[index + 1];
      return parent !== undefined && writtenAt(rules, path) === source && writtenAt(rules, parent) !== undefined;
    });
}

/** Whether something that can be written is named in a directory of the host. */
const hasWritten = (rules: readonly PathRule[], dir: string): boolean =>
  rules.some(({ access, source }) => access === "write" && source !== undefined && isBeneath(source, dir));

/** Where a name of the host is beneath what a rule shows. */
const placesOf = (rules: readonly PathRule[], name: string): readonly Place[] =>
  rules.flatMap(({ access, path, source }) =>
    access === "write" && source !== undefined && source !== name && isBeneath(name, source)
      ? [{ at: joinPath(path, name.slice(source.length)), name }]
      : [],
  );

/** What was named stays where it is: the next sandbox of the same words finds there what they mean. */
function placesOfNamed(rules: readonly PathRule[], named: readonly PathRule[]): readonly Place[] {
  const mounts = new Set(rules.map(({ path }) => path));
  return named
    .filter(({ access, path, source = path }) => access !== "write" || path !== source)
    .flatMap(({ path, source = path }) => placesOf(rules, source))
    .map((place) => (mounts.has(place.at) ? place : { at: `${place.at}/x`, name: `${place.name}/x` }));
}

/** What is named to be written within something guarded, in words that may lift no guard: it is only read. */
const heldNamed = (names: readonly string[], { named, lifting }: NamedRules): readonly Guard[] =>
  named.flatMap((rule): readonly Guard[] => {
    const { access, path, source } = rule;
    if (access !== "write" || source === undefined || lifting.includes(rule)) return [];
    return names.some((name) => isBeneath(source, name)) ? [{ path, source, readonly: true }] : [];
  });

const byDepth = (guards: readonly Guard[]): readonly Guard[] => {
  const depth = ({ path }: Guard): number => path.split("/").length;
  return guards.toSorted((a, b) => depth(a) - depth(b));
};

/**
 * Looks up where names of the host are to be guarded. A rule in `lifting` that names the path itself lifts its guard. A rule that
 * names something beneath a guarded path lifts nothing. A name that cannot be written needs no guard, but the directories above
 * it do: otherwise the sandbox could rename them, and put another in their place. So do the links on the way to it.
 */
export function findGuards(
  system: System,
  names: readonly string[],
  rules: readonly PathRule[],
  ruled: NamedRules,
): Guards {
  const ways = [...new Set(names)].map((name) => ({ name, ...wayTo(system, name) }));
  const links = new Set(ways.flatMap((way) => way.links));
  const held = [...new Set([...links, ...ways.map(({ end }) => end)])];
  const lifted = new Set(ruled.lifting.filter(({ access }) => access === "write").map(({ path }) => path));
  const isGuarded = ({ at, name }: Place): boolean => writtenAt(rules, at) === name && !lifted.has(at);
  const isThere = (name: string): boolean => kindAt(system, name) !== undefined;

  const present = new Set(held.filter(isThere));
  const places = held.flatMap((name) => placesOf(rules, name));
  const there = places.filter(({ name }) => present.has(name));
  const missing = places.filter((place) => !present.has(place.name) && isGuarded(place));
  const written = new Set(ways.flatMap(({ name, end }) => (name !== end && hasWritten(rules, end) ? [end] : [])));
  const guarded = there.filter(isGuarded);

  const guards = [
    ...[...there, ...placesOfNamed(rules, ruled.named)].flatMap((place) => movable(rules, place)),
    ...guarded
      .filter(({ name }) => !written.has(name))
      .map(({ at, name }): Guard => ({ path: at, source: name, readonly: true, isLink: links.has(name) })),
    ...heldNamed(names, ruled),
  ];
  return {
    // Of two at one path the later one counts, which is stricter.
    guards: byDepth([...new Map(guards.map((guard) => [guard.path, guard])).values()]),
    unguarded: [...new Set(guarded.map(({ name }) => name).filter((name) => written.has(name)))],
    missing: [...new Set(missing.map(({ name }) => name))],
    missingAt: [...new Set(missing.map(({ at }) => at))],
  };
}

/** So many names fit into a plan, with all else that a sandbox has. */
const mostGuards = 3000;

/**
 * A sandbox can make more repositories than the next one can guard. That one does not begin, and does not leave some of them out.
 *
 * @throws {CofferError} E_USAGE
 */
export function refuseMany({ guards }: Pick<Guards, "guards">, gitDirs: readonly string[]): void {
  if (guards.length <= mostGuards) return;
  const first = gitDirs.slice(0, 3).map(quote).join(", ");
  const message = `cannot guard ${guards.length} names, at most ${mostGuards}: there are ${gitDirs.length} repositories, such as ${first}`;
  const hint = "remove repositories that you do not expect, or use --overlay or --no-guards";
  throw new CofferError("E_USAGE", message, { argument: "guards" }, { hint });
}

/** Names that were missing and that the sandbox has made since. With a fence it makes sockets alone: others are the host's own. */
export function madeSince(system: System, missing: readonly string[], fenced: boolean): readonly string[] {
  return missing.filter((path) => {
    const kind = kindAt(system, path);
    return fenced ? kind === "socket" : kind !== undefined;
  });
}
