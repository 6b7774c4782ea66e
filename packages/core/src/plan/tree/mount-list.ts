import type { LinuxIdMapping, Mount } from "@coffer/spec";
import { quote } from "../../errors.ts";
import type { Context } from "../draft/draft.ts";
import { cleanPath, hasDotDot, isBeneath, joinPath, pointerTo } from "../draft/paths.ts";
import { checkMappings } from "../ids/ids.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import type { MountOptions } from "./mount-options.ts";
import { readMountOptions } from "./mount-options.ts";

/** An entry of `/mounts`, checked. */
export interface MountEntry {
  /** Names its slots: `mount-3`; the runtime's own `/dev` has another one. */
  readonly slot: string;
  readonly pointer: string;
  /** Clean and absolute in the container. */
  readonly destination: string;
  /** Type of the file system; `bind` for a bind. */
  readonly type: string;
  readonly source: string;
  readonly options: MountOptions;
  /** For an idmapped bind. */
  readonly uids: readonly LinuxIdMapping[];
  readonly gids: readonly LinuxIdMapping[];
}

/** What runc lets be mounted beneath /proc: files that tools such as lxcfs replace. */
const underProc: ReadonlySet<string> = new Set([
  "/proc/cpuinfo",
  "/proc/diskstats",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/swaps",
  "/proc/uptime",
  "/proc/loadavg",
  "/proc/slabinfo",
  "/proc/net/dev",
  "/proc/sys/kernel/ns_last_pid",
  "/proc/sys/crypto/fips_enabled",
]);

/** Reads and checks `/mounts`. */
export function readMounts(
  context: Context,
  namespaces: Namespaces,
  bundle: string | undefined,
): readonly MountEntry[] {
  const mounts = context.config.mounts ?? [];
  if (mounts.length > 0 && !namespaces.made.has("mount")) {
    context.issues.invalid(
      "/mounts",
      "needs a new mount namespace in /linux/namespaces: the mounts would be the host's",
    );
    return [];
  }
  return mounts.map((mount, index) => readMount(context, namespaces, bundle, mount, index));
}

function readMount(
  context: Context,
  namespaces: Namespaces,
  bundle: string | undefined,
  mount: Mount,
  index: number,
): MountEntry {
  const { issues } = context;
  const pointer = pointerTo("/mounts", index);
  const options = readMountOptions(mount.type, mount.options ?? [], `${pointer}/options`, issues);
  const destination = cleanPath(mount.destination);
  const isBind = options.bind !== "none";
  const type = isBind ? "bind" : (mount.type ?? "");
  checkDestination(context, mount.destination, `${pointer}/destination`);
  if (destination === "/proc" && !isBind && type !== "proc")
    issues.invalid(`${pointer}/destination`, `only a proc file system or a bind goes on /proc, not ${quote(type)}`);
  if (type === "") issues.invalid(`${pointer}/type`, "is required for a mount that is no bind");
  const source = isBind ? bindSource(context, mount.source, bundle, pointer) : (mount.source ?? type);
  const maps = idMappings(context, namespaces, mount, pointer, options);
  return { slot: `mount-${index}`, pointer, destination, type, source, options, ...maps };
}

function checkDestination({ issues }: Context, raw: string, pointer: string): void {
  const path = cleanPath(raw);
  if (raw === "") issues.invalid(pointer, "must not be empty");
  else if (hasDotDot(raw)) issues.invalid(pointer, `${quote(raw)} has a ".." in it`);
  else if (path === "/") issues.invalid(pointer, "the root itself cannot be mounted over: use /root/path");
  else if (path !== "/proc" && isBeneath(path, "/proc") && !underProc.has(path))
    issues.invalid(
      pointer,
      `${quote(raw)} is inside /proc, where a mount could hide what the container is confined by`,
    );
}

function bindSource(context: Context, source: string | undefined, bundle: string | undefined, pointer: string): string {
  const { facts, issues } = context;
  if (source === undefined || source === "") {
    issues.invalid(`${pointer}/source`, "is required for a bind mount");
    return "/";
  }
  if (!source.startsWith("/") && bundle === undefined) {
    issues.invalid(
      `${pointer}/source`,
      `${quote(source)} is relative, and there is no bundle directory to count it from`,
    );
    return "/";
  }
  const path = resolveSource(source, bundle);
  const kind = facts.paths[path];
  if (kind === undefined || kind === "missing")
    issues.invalid(`${pointer}/source`, `${quote(path)} is not there on the host, or this caller may not look it up`);
  return path;
}

/** The bind mounts whose sources are relative: their pointers, those sources, and the absolute paths. */
export function relativeSourcesOf(config: Context["config"], bundle: string): readonly RelativeSource[] {
  return (config.mounts ?? []).flatMap((mount, index) => {
    const { source = "" } = mount;
    if (source === "" || source.startsWith("/") || !isBind(mount)) return [];
    return [{ pointer: `/mounts/${index}/source`, source, path: resolveSource(source, bundle) }];
  });
}

/** A bind source that is counted from the bundle. */
export interface RelativeSource {
  readonly pointer: string;
  readonly source: string;
  readonly path: string;
}

/** The absolute path of a bind source; `..` stays, for the kernel to resolve. */
function resolveSource(source: string, bundle: string | undefined): string {
  return source.startsWith("/") ? cleanPath(source) : joinPath(bundle ?? "/", source);
}

function idMappings(
  { config, issues }: Context,
  namespaces: Namespaces,
  mount: Mount,
  pointer: string,
  options: MountOptions,
): Pick<MountEntry, "uids" | "gids"> {
  const { uidMappings: uids = [], gidMappings: gids = [] } = mount;
  const wanted = options.idmap !== "none" || uids.length > 0 || gids.length > 0;
  if (!wanted) return { uids: [], gids: [] };
  if (options.bind === "none") issues.unsupported(pointer, "only bind mounts can be id-mapped");
  if (uids.length > 0 !== gids.length > 0) {
    const missing = uids.length === 0 ? "uidMappings" : "gidMappings";
    issues.invalid(`${pointer}/${missing}`, "is required with the other map");
  }
  checkMappings(uids, `${pointer}/uidMappings`, issues);
  checkMappings(gids, `${pointer}/gidMappings`, issues);
  if (uids.length > 0 || gids.length > 0) return { uids, gids };
  if (!namespaces.made.has("user"))
    issues.invalid(
      `${pointer}/options`,
      "an id-mapped mount needs uidMappings and gidMappings, or a new user namespace",
    );
  return { uids: config.linux?.uidMappings ?? [], gids: config.linux?.gidMappings ?? [] };
}

/** The absolute host paths that a config binds: what `HostFacts.paths` has to tell. */
export function bindSourcesOf(config: Context["config"], bundle?: string): readonly string[] {
  return (config.mounts ?? [])
    .filter(isBind)
    .flatMap(({ source }) => (source === undefined || source === "" ? [] : [resolveSource(source, bundle)]));
}

function isBind({ type, options }: Mount): boolean {
  return type === "bind" || type === "rbind" || (options ?? []).some(isBindWord);
}

function isBindWord(word: string): boolean {
  return word === "bind" || word === "rbind";
}
