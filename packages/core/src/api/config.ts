// From the options of `run` and `create` to a bundle: its config, or a default one of a root directory.
import type { Config } from "@coffer/spec";
import { checkConfig, parseConfig, specTemplate } from "@coffer/spec";
import { CofferError } from "../errors.ts";
import { defaultSeccompProfile } from "../plan/seccomp/index.ts";
import type { Bundle } from "../runtime/bundle.ts";
import { makeBundle, readUserFile } from "../runtime/bundle.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { toAbsolute } from "../runtime/runtime.ts";
import { readDocument } from "../runtime/spec-error.ts";
import type { Limits, ProcessRunOptions, RunOptions, SourceOptions } from "./options.ts";

const namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"] as const;
const cpuPeriod = 100_000;

/** What a root directory runs with when there is no config: every namespace, no capability, the default filter. */
function defaultConfig({ system }: Runtime): Config {
  const { uid, gid } = system.caller;
  const template = checkConfig(specTemplate(uid === 0 ? {} : { rootless: { uid, gid } }));
  const types = uid === 0 ? namespaces : [...namespaces, "user" as const];
  const sysfs = { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] };
  const mounts = (template.mounts ?? []).filter(({ destination }) => !destination.startsWith("/sys"));
  return checkConfig({
    ...template,
    process: { ...template.process, terminal: false, capabilities: {}, noNewPrivileges: true },
    mounts: [...mounts, sysfs],
    linux: {
      ...template.linux,
      namespaces: types.map((type) => ({ type })),
      seccomp: defaultSeccompProfile(system.uname().machine),
    },
  });
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

function toProcess(own: Config["process"], options: ProcessRunOptions) {
  const { args, env, cwd, user } = options;
  if (own === undefined && args === undefined) return own;
  const added = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  const names = new Set(Object.keys(env ?? {}));
  const kept = (own?.env ?? []).filter((word) => !names.has(word.slice(0, word.indexOf("="))));
  return {
    ...own,
    cwd: cwd ?? own?.cwd ?? "/",
    env: [...kept, ...added],
    ...(args === undefined ? {} : { args }),
    ...(user === undefined ? {} : { user: { ...own?.user, gid: user.gid ?? user.uid, ...user } }),
  };
}

function applyOptions(config: Config, options: RunOptions, rootfs: string | undefined): Config {
  const { hostname, writable, limits } = options;
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
  return readDocument("options", () => checkConfig(changed));
}

function readConfig(runtime: Runtime, options: SourceOptions, bundle: string | undefined): Config {
  const { config } = options;
  if (config !== undefined) return readDocument("config", () => checkConfig(config));
  if (bundle !== undefined) {
    const text = readUserFile(runtime.system, "the config", `${bundle}/config.json`);
    return readDocument(`config ${bundle}/config.json`, () => parseConfig(text));
  }
  if (options.rootfs !== undefined) return defaultConfig(runtime);
  throw new CofferError("E_USAGE", "give a bundle, a rootfs or a config", { argument: "rootfs" });
}

/**
 * Makes the bundle that the options ask for.
 *
 * @throws {CofferError} E_USAGE, E_IO, E_CONFIG_INVALID
 */
export function toBundle(runtime: Runtime, options: RunOptions): Bundle {
  const { system } = runtime;
  const bundle = options.bundle === undefined ? undefined : toAbsolute(system, options.bundle);
  const rootfs = options.rootfs === undefined ? undefined : toAbsolute(system, options.rootfs);
  const config = applyOptions(readConfig(runtime, options, bundle), options, rootfs);
  return makeBundle(system, bundle ?? system.caller.cwd, config);
}
