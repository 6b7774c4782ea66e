// Everything that a sandbox sees of the host's files: what was named, what belongs to the working directory, toolchains, and
// what is taken out of these again.
import type { SandboxFiles } from "@coffer/spec";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { ruleFor } from "../../defaults/sandbox/rules.ts";
import { isBeneath, joinPath, withParents } from "../../paths.ts";
import type { System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { findCaches } from "./caches.ts";
import type { Downloads } from "./downloads/settings.ts";
import { downloadSettings } from "./downloads/settings.ts";
import { isStored } from "./git/objects.ts";
import { gitFiles } from "./git/settings.ts";
import type { GitTree, OwnOptions } from "./git/tree.ts";
import { findGit, namedGitDirs, ownRules } from "./git/tree.ts";
import type { Guard, Guards } from "./guards.ts";
import { findGuards, guardedNames, refuseMany } from "./guards.ts";
import { mapsIdsOf } from "./host-words.ts";
import type { Glance } from "./kept/glance.ts";
import { makeGlance } from "./kept/glance.ts";
import { askLive } from "./known/recorder.ts";
import type { NamedRules } from "./layers.ts";
import { namedRules } from "./layers.ts";
import type { Before } from "./left/before.ts";
import { beforeOf, nothingBefore } from "./left/before.ts";
import type { Passed } from "./left/passed.ts";
import { newPassed } from "./left/passed.ts";
import { homeLinks } from "./named.ts";
import type { HeldOverlay } from "./overlay/store.ts";
import { checkTree } from "./overlay/store.ts";
import { installedNames } from "./own/installed.ts";
import { makeOwn, ownPlaces } from "./own/places.ts";
import { placesWithin } from "./own/reach.ts";
import { isBuiltIn } from "./profile/built-in.ts";
import { projectNames } from "./profile/find.ts";
import type { PathsOf } from "./profile/index.ts";
import { findPath } from "./real-path.ts";
import { watchClosed } from "./search/closed.ts";
import type { Hidden } from "./search/hidden.ts";
import { closedPaths, hiddenPaths, hide, isOpened, refuseManyHidden, shutDirs } from "./search/hidden.ts";
import { bulky } from "./search/tree.ts";
import type { Named } from "./secrets.ts";
import { homesOf, placesThere, secretPlaces } from "./secrets.ts";
import type { Kept } from "./seen.ts";
import { checkCwd, checkMountPoints, keysIn, warnOfPlace } from "./seen.ts";
import { liveSockets } from "./sockets/live.ts";
import { socketVariables } from "./sockets/names.ts";
import { toolRules } from "./tools.ts";

/** What is asked for. */
export interface FilesOptions extends SandboxFiles {
  /** The directory to work in: absolute, without links. */
  readonly cwd: string;
  /** What the caller calls it. */
  readonly namedCwd: string;
  readonly writable: boolean;
  /** Makes what is missing of the directories for downloads. Default true. */
  readonly makes?: boolean;
  /** Of an overlay that is kept: the directory that has its layers, and what it says of itself. */
  readonly kept?: Pick<HeldOverlay, "layers" | "record"> | undefined;
  /** Further names that are guarded. */
  readonly guarded?: readonly string[] | undefined;
  /** What files of settings say, in their order; the caller's own words come behind. */
  readonly layers?: readonly PathsOf[];
}

/** What an overlay in memory may have, in bytes. */
const overlaySize = 2 * 1024 ** 3;

/** What of the host a sandbox can write. */
const writtenBy = (rules: readonly PathRule[]): readonly string[] =>
  rules.flatMap(({ access, source }) => (access === "write" && source !== undefined ? [source] : []));

/** What a sandbox sees. */
export interface SandboxView {
  /** The tree that the working directory is in: what is bound by descriptor. */
  readonly tree: string;
  readonly rules: readonly PathRule[];
  readonly guards: Guards;
  /** Guarded names that are missing cannot be made. */
  readonly fenced: boolean;
  /** Root of the host is another user inside. */
  readonly mapsRoot?: boolean | undefined;
  /** What is known of repositories in what can be written. */
  readonly before: Before;
  readonly passed: Passed;
  /** Directories that a launch makes if they are missing. */
  readonly assumed: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files of its home directory, by their paths: settings of the caller, without what is nobody else's. */
  readonly homeFiles: Readonly<Record<string, string>>;
  /** Links of its home directory to what was named of the caller's: path → target. */
  readonly homeLinks: Readonly<Record<string, string>>;
  /** Unix sockets of the host that were named, and that it can connect to. */
  readonly sockets: readonly string[];
  /** Of the file systems in memory that every sandbox has. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** What is known of the caller's files before anything is shown. */
interface Ground {
  readonly homes: readonly string[];
  readonly mayBe: Glance;
  /** Places of secrets that are there. */
  readonly secrets: Named;
  /** All of them, there or not. */
  readonly places: readonly string[];
  readonly git: GitTree | undefined;
  readonly tree: string;
}

function findGround(system: System, cwd: string): Ground {
  const homes = homesOf(system);
  const mayBe = makeGlance(system, homes);
  const known = secretPlaces(system, cwd, homes);
  const secrets = placesThere(system, known, mayBe);
  const git = findGit(system, cwd, homes);
  return { homes, mayBe, secrets, places: [...known, ...secrets.values()], git, tree: git?.top ?? cwd };
}

/** What is shown, before anything of it is hidden. */
interface Shown {
  readonly own: readonly PathRule[];
  readonly said: NamedRules;
  readonly tools: Pick<SandboxView, "rules" | "env">;
  readonly caches: readonly PathRule[];
  readonly downloads: Downloads;
  /** All of these. */
  readonly rules: readonly PathRule[];
}

function findShown(runtime: Runtime, options: FilesOptions, ground: Ground): Shown {
  const { system } = runtime;
  const { homes, mayBe, places, git, tree } = ground;
  const secrets = [...ground.secrets.values()];
  const own = ownRules(system, { ...options, overlay: overlayOf(options, tree) }, git, homes);
  const said = namedRules(runtime, options, { tree, secrets, places });
  const wantsTools = (options.tools ?? "auto") === "auto";
  const tools = wantsTools
    ? toolRules(system, { homes, places, mayBe, size: options.sizes?.["/home"] }, own)
    : { rules: [], env: {} };
  const found = findCaches(system, options.cache ?? [], options.makes ?? true);
  const caches = found.map(({ path, source }): PathRule => ({ path, source, access: "write", from: "--cache" }));
  const env = Object.fromEntries([tools.env, ...found.map((cache) => cache.env)].flatMap((one) => Object.entries(one)));
  // What can be written anyway keeps its files.
  const isKept = ({ path, access }: PathRule): boolean =>
    access === "tmp" && ruleFor([...caches, ...said.named], path)?.access === "write";
  const rules = [...tools.rules.filter((rule) => !isKept(rule)), ...own, ...caches, ...said.named];
  const downloads = downloadSettings(system, ground, rules);
  return { own, said, tools: { ...tools, env }, caches, downloads, rules: byPath([...downloads.rules, ...rules]) };
}

/** The directories of some trees that are searched: none within another, and none of packages, but for the tree itself. */
function searchedOf(system: System, trees: readonly string[], tree: string): readonly string[] {
  const isBulky = (path: string): boolean => path.split("/").some((name) => bulky.has(name));
  const isWithin = (path: string): boolean => trees.some((other) => other !== path && isBeneath(path, other));
  return trees
    .filter((one) => one === tree || !(isBulky(one) || isWithin(one)))
    .filter((one) => findPath(system, one)?.kind === "directory");
}

/** What is hidden of what is shown. `ours`: where Coffer itself keeps what it executes or believes. */
function findHidden(
  runtime: Runtime,
  options: FilesOptions,
  { secrets, git }: Ground,
  { said, rules }: Shown,
  keys: Kept,
  ours: readonly string[],
): readonly Hidden[] {
  const { system } = runtime;
  const env = git === undefined ? keys.env : keys.env.filter((path) => !isStored(system, git.common, path));
  const oursThere = placesThere(system, ours);
  const heard = liveSockets(system, keys.sockets).filter((path) => !isOpened(said, path));
  return [
    ...hiddenPaths(runtime, options, { places: secrets, env, ours: oursThere }, said.named, rules),
    ...hide(rules, heard, "a program of the host listens there"),
  ];
}

/**
 * Looks up what a sandbox sees of the host.
 *
 * @throws {CofferError} E_USAGE when a path cannot be what a flag says
 */
export function findFiles(caller: Runtime, options: FilesOptions): Omit<SandboxView, "fenced" | "mapsRoot"> {
  const { system, closed } = watchClosed(caller.system);
  const runtime = { ...caller, system };
  const ground = findGround(system, options.cwd);
  const { homes, git, tree } = ground;
  const shown = findShown(runtime, options, ground);
  const { own, said, tools, caches, downloads } = shown;
  checkCwd(options, ground.places);
  checkMountPoints(runtime, said.named, shown.rules);
  warnOfPlace(caller, options.cwd, homes);
  const trees = [...new Set([...own, ...said.named].flatMap(({ source }) => source ?? []))];
  const passed = newPassed();
  const within = { trees: searchedOf(system, trees, tree), shut: shutDirs(runtime, options, trees) };
  const keys = askLive(caller, "keys", within, (asking) => keysIn(asking, within, passed, said.named));
  const ours = placesWithin(system, ownPlaces(system, homes), writtenBy(shown.rules));
  if (options.makes ?? true) makeOwn(system, ours);
  const hidden = findHidden(runtime, options, ground, shown, keys, ours);
  const gitDirs = [...keys.git, ...(git === undefined ? [] : [git.common, git.dir]), ...namedGitDirs(system)];
  const settings = [...settingsFiles(system, options), ...keys.settings, ...(options.guarded ?? [])];
  const hiding = (shut: readonly string[]) => {
    const all = [...hidden, ...closedPaths(options, trees, shut, shown.rules)];
    refuseManyHidden(all);
    const rules = byPath([...shown.rules, ...all.map(({ rule }) => rule)]);
    const taken = [...all.map(({ name }) => name), ...keys.links, ...ours];
    return { all, rules, guards: guardsOf(runtime, options, rules, said, { tree, gitDirs, settings, taken }) };
  };
  const shut = (): readonly string[] => [...new Set([...keys.closed, ...closed()])];
  const found = shut();
  const first = hiding(found);
  // The search for what is to be guarded may have found more.
  const { all, rules, guards } = shut().length === found.length ? first : hiding(shut());
  for (const { rule } of all) runtime.debug?.(`hidden: ${rule.path}`);
  const keptAt = options.kept === undefined ? [] : [options.kept.layers];
  const assumed = options.makes === false ? [...caches.flatMap(({ source }) => source ?? []), ...keptAt] : [];
  const { guards: isGuarded = true } = options;
  const linked = connected(system, tools.env, said.sockets, rules);
  return {
    tree,
    assumed,
    before: {
      ...(isGuarded ? beforeOf(system, [...own, ...said.named], gitDirs, git, guards) : nothingBefore),
      // An overlay shows what its lower tree had, whatever the host puts there.
      hidden: all.flatMap(({ name, rule }) => (ruleFor(shown.rules, rule.path)?.access === "overlay" ? [] : [name])),
    },
    passed,
    ...withMaps(runtime, asRules(rules, guards, said)),
    ...linked,
    sizes: options.sizes ?? {},
    homeLinks: homeLinks(
      homes,
      said.named.filter(({ path }) => !isBeneath(path, tree)),
      rules,
    ),
    homeFiles: {
      ...gitFiles(system, homes.slice(0, 1), linked.env.SSH_AUTH_SOCK !== undefined),
      ...downloads.files,
    },
  };
}

/** The sockets that are still shown, and the variables of the sandbox. */
function connected(
  { caller }: System,
  ofTools: SandboxView["env"],
  sockets: readonly PathRule[],
  rules: readonly PathRule[],
): Pick<SandboxView, "env" | "sockets"> {
  const shown = sockets.filter((rule) => rules.includes(rule));
  const paths = shown.map(({ path }) => path);
  return {
    sockets: [...new Set(shown.flatMap(({ source }) => source ?? []))],
    env: { ...ofTools, ...socketVariables(caller.env, paths) },
  };
}

/** Where what is written to the tree goes, if that is not the tree. */
function overlayOf({ overlay, kept, sizes = {} }: FilesOptions, tree: string): OwnOptions["overlay"] {
  if (kept !== undefined) checkTree(kept, tree);
  if (kept !== undefined) return { layers: kept.layers };
  if (overlay === undefined) return undefined;
  const named = withParents(tree).find((path) => sizes[path] !== undefined);
  return { size: sizes[named ?? tree] ?? overlaySize };
}

/** Says of which rules the files of root are the sandbox's own. */
function withMaps({ system }: Runtime, view: Pick<SandboxView, "rules" | "guards">) {
  const maps = mapsIdsOf(system);
  const rules = view.rules.map((rule): PathRule => {
    const { source, mapped } = rule;
    return source === undefined || mapped !== undefined ? rule : { ...rule, mapped: maps(source) };
  });
  return { ...view, rules };
}

/** Why a guarded name stays as it is. */
export const guardReason = "programs of the host act upon it";

/** A guarded directory in which something is named becomes a rule: a guard would cover what was named as well. */
function asRules(
  rules: readonly PathRule[],
  guards: Guards,
  { named, lifting }: NamedRules,
): Pick<SandboxView, "rules" | "guards"> {
  const opens = named.filter((rule) => rule.access !== "write" || lifting.includes(rule));
  const isWide = ({ path, readonly }: Guard): boolean => readonly && opens.some((rule) => isBeneath(rule.path, path));
  const wide = guards.guards
    .filter(isWide)
    .map(({ path, source }): PathRule => ({ path, access: "read", source, from: guardReason }));
  return { rules: [...rules, ...wide], guards: { ...guards, guards: guards.guards.filter((guard) => !isWide(guard)) } };
}

/** The last rule for each path. */
const byPath = (rules: readonly PathRule[]): readonly PathRule[] => [
  ...new Map(rules.map((rule) => [rule.path, rule])).values(),
];

/** The files of settings that count, those that would count for the next sandbox of the directory, and what makes the sandbox. */
function settingsFiles(system: System, { layers = [], cwd }: FilesOptions): readonly string[] {
  const read = layers.flatMap(({ what }) => (isBuiltIn(what) ? [] : [what, findPath(system, what)?.path ?? what]));
  return [...read, ...projectNames.map((name) => joinPath(cwd, name)), ...installedNames(system)];
}

const noGuards: Guards = { guards: [], unguarded: [], missing: [], missingAt: [] };

/** What is guarded in everything that can be written. */
function guardsOf(
  { system }: Runtime,
  { guards = true }: FilesOptions,
  rules: readonly PathRule[],
  said: NamedRules,
  known: Readonly<Record<"gitDirs" | "settings" | "taken", readonly string[]>> & { readonly tree: string },
): Guards {
  const trees = writtenBy(rules);
  if (trees.length === 0) return noGuards;
  const names = guards ? [...guardedNames(system, [...trees, known.tree], known.gitDirs), ...known.settings] : [];
  // What is hidden stays where it is: the next sandbox looks for it there, or by its name where it can be seen.
  const found = findGuards(system, [...names, ...known.taken], rules, said);
  refuseMany(found, known.gitDirs);
  return found;
}
