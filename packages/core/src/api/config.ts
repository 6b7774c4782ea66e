// From the options of `run` and `create` to a bundle: its config, or a default one of a root directory.
import type { Config } from "@coffer/spec";
import { checkConfig, parseConfig as parse } from "@coffer/spec";
import { toWords } from "../defaults/index.ts";
import { CofferError, quote } from "../errors.ts";
import { safeConfig } from "../runtime/default-config.ts";
import type { Bundle, ReadConfig } from "../runtime/launch/bundle.ts";
import { closeBundle, makeBundle, readConfig, readWithWarnings } from "../runtime/launch/bundle.ts";
import { readDocument } from "../runtime/launch/errors/spec-error.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isHostRoot } from "../system/userns.ts";
import { toAbsolute } from "../system/working-directory.ts";
import type { Limits, ProcessRunOptions, SourceOptions } from "./options.ts";
import { termOf, windowOf } from "./tty.ts";

/**
 * Reads a `config.json`: integers are exact, and an error lists every issue.
 *
 * @throws {CofferError} E_CONFIG_INVALID; E_USAGE for what is no text
 */
export function parseConfig(text: string): Config {
  if (typeof text === "string") return readDocument("config", () => parse(text));
  throw new CofferError("E_USAGE", "parseConfig takes the text of a config: give what the file has", {
    argument: "text",
  });
}

/** The options that say what a bundle is. */
export type BundleOptions = SourceOptions & Pick<ProcessRunOptions, "args" | "env" | "cwd" | "user" | "tty">;

const cpuPeriod = 100_000;

/** What a root directory runs with when there is no config: what `coffer spec` writes, without a terminal. */
function defaultConfig({ system }: Runtime, rootfs: string, { unsafe, pidOnlyProc }: SourceOptions): Config {
  const { process, ...config } = safeConfig(system, rootfs, { unsafe, pidOnlyProc });
  return process === undefined ? config : { ...config, process: { ...process, terminal: false } };
}

/** Bundles and configs say themselves what is given up. */
function checkUnsafe(options: SourceOptions): void {
  const argument = (["unsafe", "pidOnlyProc"] as const).find((name) => options[name] !== undefined);
  if (argument === undefined) return;
  throw new CofferError("E_USAGE", `${argument} is about the default config: a bundle or config has its own words`, {
    argument,
  });
}

/** The ids of a container that is not root of the host own nothing of a root directory, unless it was given to them. */
function checkOwner({ system }: Runtime, { rootfs, config, held }: Bundle): void {
  const [map] = config.linux?.uidMappings ?? [];
  const found = system.stat(held.root.at);
  if (map === undefined || (found.uid >= map.hostID && found.uid < map.hostID + map.size)) return;
  const other = isHostRoot(system) ? '; or be root of the host, with unsafe: ["host-root"]' : "";
  const hint = `give it to the container's root: chown -R ${map.hostID}:${map.hostID}${other}`;
  const message = `${quote(rootfs)} is not writable for the container: it belongs to user ${found.uid}, whom the container does not have`;
  throw new CofferError("E_USAGE", message, { argument: "writable" }, { hint });
}

function toResources(own: NonNullable<Config["linux"]>["resources"], limits: Limits | undefined) {
  if (limits === undefined) return own;
  const { memory, pids, cpus } = limits;
  return {
    ...own,
    ...(memory === undefined ? {} : { memory: { ...own?.memory, limit: memory } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(cpus === undefined ? {} : { cpu: { ...own?.cpu, period: cpuPeriod, quota: Math.round(cpus * cpuPeriod) } }),
  };
}

function toProcess(own: Config["process"], options: BundleOptions) {
  const { args, cwd, user } = options;
  if (own === undefined && args === undefined) return own;
  const window = windowOf(options);
  const env = { ...termOf(window), ...options.env };
  const added = toWords(env);
  const names = new Set(Object.keys(env));
  const kept = (own?.env ?? []).filter((word) => !names.has(word.slice(0, word.indexOf("="))));
  return {
    ...own,
    cwd: cwd ?? own?.cwd ?? "/",
    env: [...kept, ...added],
    ...(args === undefined ? {} : { args }),
    ...(window === undefined ? {} : { terminal: true, consoleSize: window }),
    ...(user === undefined ? {} : { user: { ...own?.user, ...user, gid: user.gid ?? user.uid } }),
  };
}

function applyOptions(
  { config, warnings }: ReadConfig,
  options: BundleOptions,
  rootfs: string | undefined,
): ReadConfig {
  const { hostname, writable, limits } = options;
  const changes = [
    hostname,
    writable,
    limits,
    rootfs,
    options.args,
    options.env,
    options.cwd,
    options.user,
    options.tty,
  ];
  if (changes.every((change) => change === undefined)) return { config, warnings };
  const resources = toResources(config.linux?.resources, limits);
  const root = {
    ...config.root,
    ...(rootfs === undefined ? {} : { path: rootfs }),
    ...(writable === undefined ? {} : { readonly: !writable }),
  };
  const process = toProcess(config.process, options);
  const changed = {
    ...config,
    ...(process === undefined ? {} : { process }),
    ...("path" in root ? { root } : {}),
    ...(hostname === undefined ? {} : { hostname }),
    ...(resources === undefined ? {} : { linux: { ...config.linux, resources } }),
  };
  return { config: readDocument("options", () => checkConfig(changed)), warnings };
}

function findConfig(
  runtime: Runtime,
  options: SourceOptions,
  rootfs: string | undefined,
  read: () => ReadConfig,
): ReadConfig {
  const { bundle, config } = options;
  if (config !== undefined || bundle !== undefined) checkUnsafe(options);
  if (config !== undefined) return readWithWarnings("config", () => config);
  if (bundle !== undefined) return read();
  if (rootfs !== undefined) return { config: defaultConfig(runtime, rootfs, options), warnings: [] };
  throw new CofferError("E_USAGE", "give a bundle, a rootfs or a config", { argument: "rootfs" });
}

/**
 * Makes the bundle that the options ask for, which is held until it is closed.
 *
 * @throws {CofferError} E_USAGE, E_IO, E_CONFIG_INVALID
 */
export function toBundle(runtime: Runtime, options: BundleOptions): Bundle {
  const { system } = runtime;
  const rootfs = options.rootfs === undefined ? undefined : toAbsolute(system, options.rootfs);
  const made = makeBundle(system, options.bundle ?? ".", (dir, path) => {
    const found = findConfig(runtime, options, rootfs, () => readConfig(system, dir, path));
    return applyOptions(found, options, rootfs);
  });
  try {
    if (options.writable && options.config === undefined && options.bundle === undefined) checkOwner(runtime, made);
    return made;
  } catch (error) {
    closeBundle(made);
    throw error;
  }
}
