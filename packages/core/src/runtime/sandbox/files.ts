// Everything that a sandbox sees of the host's files: what was named, what belongs to the working directory, toolchains, and
// what is taken out of these again.
import type { SandboxFiles } from "@coffer/spec";
import { shellWord } from "@coffer/spec";
import type { PathRule } from "../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../errors.ts";
import { isBeneath, joinPath, withParents } from "../../paths.ts";
import type { System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { findCaches } from "./caches.ts";
import { isStored } from "./git/objects.ts";
import { gitConfig } from "./git/settings.ts";
import type { OwnOptions } from "./git/tree.ts";
import { findGit, namedGitDirs, ownRules } from "./git/tree.ts";
import type { Guard, Guards } from "./guards.ts";
import { findGuards, guardedNames, refuseMany } from "./guards.ts";
import { mapsIdsOf } from "./host-words.ts";
import { makeGlance } from "./kept/glance.ts";
import { askLive } from "./known/recorder.ts";
import type { NamedRules } from "./layers.ts";
import { denyOf, namedRules } from "./layers.ts";
import type { Before } from "./left/before.ts";
import { beforeOf, nothingBefore } from "./left/before.ts";
import type { Passed } from "./left/passed.ts";
import { newPassed } from "./left/passed.ts";
import { deniedByName } from "./named.ts";
import type { HeldOverlay } from "./overlay/store.ts";
import { checkTree } from "./overlay/store.ts";
import { makeOwn, ownPlaces } from "./own/places.ts";
import { placesWithin } from "./own/reach.ts";
import { isBuiltIn } from "./profile/built-in.ts";
import { projectNames } from "./profile/find.ts";
import type { PathsOf } from "./profile/index.ts";
import { findPath } from "./real-path.ts";
import { watchClosed } from "./search/closed.ts";
import { bulky } from "./search/tree.ts";
import { homesOf, secretAt, secretPlaces, secretsThere } from "./secrets.ts";
import { checkCwd, checkMountPoints, keysIn, shownAt, warnOfPlace } from "./seen.ts";
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
  /** What is known of repositories in what can be written. */
  readonly before: Before;
  readonly passed: Passed;
  /** Directories that a launch makes if they are missing. */
  readonly assumed: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The caller's, without what is nobody else's. */
  readonly gitConfig: string | undefined;
  /** Unix sockets of the host that were named, and that it can connect to. */
  readonly sockets: readonly string[];
  /** Of the file systems in memory that every sandbox has. */
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * Looks up what a sandbox sees of the host.
 *
 * @throws {CofferError} E_USAGE when a path cannot be what a flag says
 */
export function findFiles(caller: Runtime, options: FilesOptions): Omit<SandboxView, "fenced"> {
  const { system, closed } = watchClosed(caller.system);
  const runtime = { ...caller, system };
  const homes = homesOf(system);
  const mayBe = makeGlance(system, homes);
  const known = secretPlaces(system, options.cwd, homes);
  const secrets = secretsThere(system, known, mayBe);
  const places = [...known, ...secrets];
  const git = findGit(system, options.cwd, homes);
  const tree = git?.top ?? options.cwd;
  const own = ownRules(system, { ...options, overlay: overlayOf(options, tree) }, git, homes);
  const said = namedRules(runtime, options, { tree, secrets, places });
  const { named, sockets } = said;
  const wantsTools = (options.tools ?? "auto") === "auto";
  const tools = wantsTools ? toolRules(system, { homes, places, mayBe }, own) : { rules: [], env: {} };
  const caches = findCaches(system, options.cache ?? [], options.makes ?? true).map(
    (cache): PathRule => ({ ...cache, access: "write", from: "--cache" }),
  );
  const shown = byPath([...tools.rules, ...own, ...caches, ...named]);
  checkCwd(options, places);
  checkMountPoints(runtime, named, shown);
  warnOfPlace(caller, options.cwd, homes);
  const trees = [...new Set([...own, ...named].flatMap(({ source }) => source ?? []))];
  const isBulky = (path: string): boolean => path.split("/").some((name) => bulky.has(name));
  const searched = trees.filter(
    (one) => one === tree || !(isBulky(one) || trees.some((other) => other !== one && isBeneath(one, other))),
  );
  const dirs = searched.filter((one) => findPath(system, one)?.kind === "directory");
  const passed = newPassed();
  const keys = askLive(caller, "keys", dirs, (asking) => keysIn(asking, dirs, passed));
  const unstored = git === undefined ? keys.env : keys.env.filter((path) => !isStored(system, git.common, path));
  const keptAt = options.kept === undefined ? [] : [options.kept.layers];
  const ours = placesWithin(system, ownPlaces(system, homes), writtenBy(shown));
  if (options.makes ?? true) makeOwn(system, ours);
  const ownThere = secretsThere(system, ours);
  const heard = liveSockets(system, keys.sockets).filter((path) => !isOpened(said, path));
  const hidden = [
    ...hiddenPaths(runtime, options, { places: secrets, env: unstored, ours: ownThere }, named, shown),
    ...hide(shown, heard, "a program of the host listens there"),
  ];
  const gitDirs = [...keys.git, ...(git === undefined ? [] : [git.common, git.dir]), ...namedGitDirs(system)];
  const settings = [...settingsFiles(system, options), ...keys.settings];
  const hiding = (shut: readonly string[]) => {
    const all = [...hidden, ...closedPaths(options, trees, shut, shown)];
    const rules = byPath([...shown, ...all.map(({ rule }) => rule)]);
    const taken = [...all.map(({ name }) => name), ...keys.links, ...ours];
    return { all, rules, guards: guardsOf(runtime, options, rules, said, { tree, gitDirs, settings, taken }) };
  };
  const shut = (): readonly string[] => [...new Set([...keys.closed, ...closed()])];
  const found = shut();
  const first = hiding(found);
  // The search for what is to be guarded may have found more.
  const { all, rules, guards } = shut().length === found.length ? first : hiding(shut());
  for (const { rule } of all) runtime.debug?.(`hidden: ${rule.path}`);
  const assumed = options.makes === false ? [...caches.flatMap(({ source }) => source ?? []), ...keptAt] : [];
  const { guards: isGuarded = true } = options;
  const linked = connected(system, tools.env, sockets, rules);
  return {
    tree,
    assumed,
    before: isGuarded ? beforeOf(system, [...own, ...named], gitDirs, git, guards) : nothingBefore,
    passed,
    ...withMaps(runtime, asRules(rules, guards, said)),
    ...linked,
    sizes: options.sizes ?? {},
    gitConfig: gitConfig(system, homes.slice(0, 1), linked.env.SSH_AUTH_SOCK !== undefined),
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

/** Something of the host that a sandbox does not see, and the rule about it. */
interface Hidden {
  readonly name: string;
  readonly rule: PathRule;
}

const hide = (shown: readonly PathRule[], names: readonly string[], from: string): readonly Hidden[] =>
  names.flatMap((name) =>
    shownAt(shown, name).map((path) => ({ name, rule: { path, access: "deny", from } as const })),
  );

/** Whether somebody whom the caller trusts has named a socket. A project may show what is in its own tree, but open no service. */
const isOpened = ({ sockets, lifting }: NamedRules, path: string): boolean =>
  [...sockets, ...lifting].some(({ source }) => source === path);

/**
 * What the caller itself may not look into. The sandbox could: it is the same user, and gives itself the right.
 *
 * @throws {CofferError} E_USAGE where the sandbox is to work in it
 */
function closedPaths(
  { cwd }: FilesOptions,
  trees: readonly string[],
  closed: readonly string[],
  shown: readonly PathRule[],
): readonly Hidden[] {
  const around = closed.find((path) => isBeneath(cwd, path));
  if (around !== undefined && trees.some((tree) => isBeneath(around, tree))) {
    const message = `cannot search ${quote(around)} for what is to be hidden: you may not look into it`;
    throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint: `chmod u+rx ${shellWord(around)}` });
  }
  const within = closed.filter((path) => trees.some((tree) => isBeneath(path, tree)));
  return hide(shown, within, "you may not look into it, and the sandbox could let itself");
}

/** Secrets that were not named, and what the caller hides. */
function hiddenPaths(
  runtime: Runtime,
  options: FilesOptions,
  secrets: { readonly places: readonly string[]; readonly env: readonly string[]; readonly ours: readonly string[] },
  named: readonly PathRule[],
  shown: readonly PathRule[],
): readonly Hidden[] {
  const all = [...secrets.places, ...secrets.env];
  // A rule about a tree that has a secret in it does not name the secret.
  const isNamed = (path: string): boolean =>
    named.some(
      ({ source }) =>
        source === path || (source !== undefined && isBeneath(path, source) && secretAt(all, source) !== undefined),
    );
  // Nor does whoever names a place of secrets name what Coffer keeps in it.
  const isNamedOurs = (path: string): boolean =>
    named.some(({ source }) => source !== undefined && isBeneath(source, path));
  const isHidden = (path: string): boolean => !(secrets.ours.includes(path) ? isNamedOurs(path) : isNamed(path));
  const places = [...new Set([...secrets.places, ...secrets.ours])];
  const trees = shown.flatMap(({ source }) => source ?? []);
  const { layers = [] } = options;
  // Settings are for many directories: not each of these has every name.
  const bySettings = deniedByName(
    { ...runtime, warn: undefined },
    { deny: denyOf({ ...options, deny: [] }, layers) },
    trees,
  );
  const denied = [...bySettings, ...deniedByName(runtime, options, trees)];
  const unnamed = secrets.env.filter((path) => !isNamed(path));
  return [
    ...hide(shown, places.filter(isHidden), "a well-known place of secrets"),
    ...hide(shown, unnamed, "most files of that name hold keys"),
    ...hide(shown, denied, "--deny"),
  ];
}

/** The files of settings that count, and those that would count for the next sandbox of the directory. */
function settingsFiles(system: System, { layers = [], cwd }: FilesOptions): readonly string[] {
  const read = layers.flatMap(({ what }) => (isBuiltIn(what) ? [] : [what, findPath(system, what)?.path ?? what]));
  return [...read, ...projectNames.map((name) => joinPath(cwd, name))];
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
