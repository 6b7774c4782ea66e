// Settings of a sandbox from files and profiles, put together with what the caller has said.
import type { SandboxFiles } from "@coffer/spec";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { SandboxNetwork } from "../../egress/sandbox-network.ts";
import type { Runtime } from "../../runtime.ts";
import { asksOf } from "../accept/asks.ts";
import type { Standing } from "../accept/standing.ts";
import { refuseUngranted, standingOf } from "../accept/standing.ts";
import type { SandboxLimits } from "../limits.ts";
import { findPath } from "../real-path.ts";
import { homesOf } from "../secrets.ts";
import type { Reading } from "./find.ts";
import { findProjectFile, hasNoSettings, namedProfile, ownSettings, readProjectFile } from "./find.ts";
import { notGranted } from "./grants.ts";
import type { Layer } from "./layer.ts";

/** Which settings count. */
export interface SettingsOptions {
  /** Built-in profiles, and files. */
  readonly profiles?: readonly string[] | undefined;
  /** The administrator's settings, the caller's own, and the project's file count as well. */
  readonly settings?: boolean | undefined;
}

/** What a caller can say besides. */
export interface Said {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly writable?: boolean | undefined;
  readonly network?: SandboxNetwork | undefined;
  readonly limits?: SandboxLimits | undefined;
  readonly tools?: unknown;
  readonly guards?: unknown;
  readonly fence?: unknown;
  readonly overlay?: unknown;
  readonly cache?: unknown;
  readonly sizes?: unknown;
  /** Milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** The paths of one file of settings. */
export interface PathsOf {
  /** The absolute path of the file, or the name of the built-in profile. */
  readonly what: string;
  readonly files: SandboxFiles;
  /** It is a project's: what its paths lead to has to be granted. */
  readonly standing?: Standing;
}

function layersOf(runtime: Runtime, options: SettingsOptions, cwd: string) {
  const { system } = runtime;
  const homes = homesOf(system);
  const [home] = homes;
  const reading: Reading = { system, home };
  const named = (options.profiles ?? []).map((word) => namedProfile(reading, word, toAbsolute(system, ".")));
  const wants = options.settings === true;
  const { layers: own, ...granted } = wants ? ownSettings(reading, cwd) : { layers: [], grants: [], bounds: [] };
  const file = wants ? findProjectFile(system, cwd, homes) : undefined;
  const isNamed = named.some((layers) => layers.some(({ what }) => what === file));
  const read = file === undefined || isNamed ? undefined : readProjectFile(reading, file);
  const project = read?.layers ?? [];
  for (const { what } of [...own, ...project, ...named.flat()]) runtime.debug?.(`settings: ${what}`);
  const layers = { own, project, named: named.flat() };
  if (file === undefined || read === undefined) return { ...layers, standing: undefined };
  const standing = standingOf(system, file, read.files, granted);
  const sizes = Object.assign({}, ...[...own, ...layers.named].map(({ files }) => files.sizes ?? {}));
  const find = (grants: Standing["grants"]) => project.flatMap((layer) => notGranted(layer, grants, sizes));
  refuseUngranted(file, standing, find, () => asksOf(runtime, project, { cwd, grants: [] }));
  return { ...layers, standing };
}

/** The last that says something. */
function last<T>(layers: readonly Layer[], read: (layer: Layer) => T | undefined): T | undefined {
  return layers.map(read).findLast((value) => value !== undefined);
}

/** A project can only make a limit lower. */
function limitsOf(trusted: readonly Layer[], project: readonly Layer[]): SandboxLimits & { readonly timeout?: number } {
  const names = ["memory", "pids", "cpus", "disk", "timeout"] as const;
  const found = names.flatMap((name) => {
    const own = last(trusted, ({ limits }) => limits[name]);
    const theirs = project.flatMap(({ limits }) => limits[name] ?? []);
    const all = [...(own === undefined ? [] : [own]), ...theirs];
    return all.length === 0 ? [] : [[name, Math.min(...all)] as const];
  });
  return Object.fromEntries(found);
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isMap = (value: unknown): value is object => typeof value === "object" && value !== null;

type Layers = ReturnType<typeof layersOf>;

/** What files of settings say, put together. */
function joinLayers(runtime: Runtime, { own, project, named, standing }: Layers, said: Said) {
  const all = [...own, ...project, ...named];
  const trusted = [...own, ...named];
  // Whether it is allowed was looked at: a project has to be accepted for these.
  const asksForNetwork = ({ network }: Layer): boolean => network.mode === "none" || network.mode === "user";
  const { env: callers } = runtime.system.caller;
  // Node's environment has the methods of objects as well; the native front's tells no names.
  const kept = all
    .flatMap(({ keepEnv }) => keepEnv)
    .map((name) => [name, callers[name]] as const)
    .filter(([, value]) => typeof value === "string");
  // What a caller lets be written is written: a project's overlay would forget it.
  const isWritten = said.writable ?? last(trusted, (layer) => layer.writable) ?? false;
  const paths = (layer: Layer): PathsOf => ({ what: layer.what, files: layer.files });
  return {
    writable: last(all, (layer) => layer.writable),
    // A project can do without toolchains, and can show none that its caller has not.
    tools: last(all, (one) => (project.includes(one) && one.files.tools === "auto" ? undefined : one.files.tools)),
    guards: last(all, ({ files }) => files.guards),
    fence: last(all, ({ files }) => files.fence),
    overlay: last(isWritten ? trusted : all, ({ files }) => files.overlay),
    cache: all.flatMap(({ files }) => files.cache ?? []),
    sizes: Object.assign({}, ...all.map(({ files }) => files.sizes ?? {})),
    env: { ...Object.fromEntries(kept), ...Object.assign({}, ...all.map(({ env }) => env)) },
    network: {
      // A project can do without a network, and can give none where its caller has none.
      mode: last(all, (one) => (project.includes(one) && !asksForNetwork(one) ? undefined : one.network.mode)),
      allow: all.flatMap((layer) => layer.network.allow ?? []),
      deny: all.flatMap((layer) => layer.network.deny ?? []),
      hostPorts: all.flatMap((layer) => layer.network.hostPorts ?? []),
      publish: all.flatMap((layer) => layer.network.publish ?? []),
    },
    limits: limitsOf(trusted, project),
    layers: [
      ...own.map(paths),
      ...project.map((layer) => ({ ...paths(layer), ...(standing === undefined ? {} : { standing }) })),
      ...named.map(paths),
    ],
  };
}

type Joined = ReturnType<typeof joinLayers>;

/** Without any file: most calls. */
const nothing: Joined = {
  writable: undefined,
  tools: undefined,
  guards: undefined,
  fence: undefined,
  overlay: undefined,
  cache: [],
  sizes: {},
  env: {},
  network: { mode: undefined, allow: [], deny: [], hostPorts: [], publish: [] },
  limits: {},
  layers: [],
};

const isEmpty = ({ own, project, named }: Layers): boolean =>
  own.length === 0 && project.length === 0 && named.length === 0;

/** What files of settings say for a working directory. */
function filesOf(runtime: Runtime, options: Said & SettingsOptions, asked: string): Joined {
  if ((options.profiles ?? []).length === 0 && hasNoSettings(runtime.system, asked)) return nothing;
  const cwd = findPath(runtime.system, asked)?.path ?? asked;
  const found = layersOf(runtime, options, cwd);
  return isEmpty(found) ? nothing : joinLayers(runtime, found, options);
}

/** What files allow and deny, and behind it what the caller does. */
const joinNetworks = (files: Joined["network"], network: SandboxNetwork): SandboxNetwork => ({
  allow: [...files.allow, ...(network.allow ?? [])],
  deny: [...files.deny, ...(network.deny ?? [])],
  hostPorts: [...new Set([...files.hostPorts, ...(network.hostPorts ?? [])])],
  publish: [...new Set([...files.publish, ...(network.publish ?? [])])],
});

/**
 * Adds what files of settings say to what the caller says, which counts most. In order: the administrator's settings, the
 * caller's own, the project's file, the profiles that were named. Lists are put together; of anything else the last counts.
 *
 * @throws {CofferError} E_USAGE, E_IO, E_CONFIG_INVALID
 */
export function withSettings<T extends Said & SettingsOptions>(
  runtime: Runtime,
  options: T,
): T & { readonly layers: readonly PathsOf[]; readonly timeoutMs?: number | undefined } {
  if (options.settings !== true && (options.profiles ?? []).length === 0) return { ...options, layers: [] };
  const asked = toAbsolute(runtime.system, options.cwd ?? ".");
  const files = filesOf(runtime, options, asked);
  const { timeout, ...limited } = files.limits;
  const { network = {}, limits = {} } = options;
  const mode = network.mode ?? files.network.mode;
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return {
    ...options,
    writable: options.writable ?? files.writable,
    tools: options.tools ?? files.tools,
    guards: options.guards ?? files.guards,
    fence: options.fence ?? files.fence,
    overlay: options.overlay ?? files.overlay,
    cache: [...files.cache, ...(isList(options.cache) ? options.cache : [])],
    sizes: { ...files.sizes, ...(isMap(options.sizes) ? options.sizes : {}) },
    env: { ...files.env, ...options.env },
    network: {
      ...(mode === "none" ? network : joinNetworks(files.network, network)),
      mode,
    },
    limits: { ...limited, ...given },
    timeoutMs: options.timeoutMs ?? timeout,
    layers: files.layers,
  };
}
