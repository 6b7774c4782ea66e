import type { LinuxIdMapping, Mount } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { cleanPath, foldDotDot, isBeneath, joinPath, pointerTo } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";
import { readIdmapOption } from "../ids/idmap-option.ts";
import { checkMappings } from "../ids/ids.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import type { MountOptions } from "./mount-options.ts";
import { readMountOptions } from "./mount-options.ts";

/** An entry of `/mounts`, checked. */
export interface MountEntry {
  /** Names its slots: `mount-3`; the runtime's own `/dev` has another one. */
  readonly slot: string;
  readonly pointer: string;
  /** Clean and absolute in the container; `..` is resolved by words alone, as no op makes anything at a path that has it. */
  readonly destination: string;
  /** Type of the file system; `bind` for a bind. */
  readonly type: string;
  readonly source: string;
  /** What is bound is a file, or goes on one. */
  readonly isFile: boolean;
  /** The mount point must be there. */
  readonly exists?: boolean;
  readonly options: MountOptions;
  /** For an idmapped bind. */
  readonly uids: readonly LinuxIdMapping[];
  readonly gids: readonly LinuxIdMapping[];
  /** For a bind whose ids are mapped as those of the user namespace that the container joins. */
  readonly joinsIds?: true;
}

/** What the runtime itself looks for by its path: a link in the image must not put it elsewhere. */
export const special: ReadonlySet<string> = new Set(["/proc", "/sys", "/dev"]);

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
  const entries: MountEntry[] = [];
  for (const mount of mounts) entries.push(readMount(context, namespaces, bundle, mount, entries));
  return entries;
}

function readMount(
  context: Context,
  namespaces: Namespaces,
  bundle: string | undefined,
  mount: Mount,
  earlier: readonly MountEntry[],
): MountEntry {
  const { issues } = context;
  const index = earlier.length;
  const pointer = pointerTo("/mounts", index);
  const options = readMountOptions(mount.type, mount.options ?? [], `${pointer}/options`, issues);
  const destination = foldDotDot(mount.destination);
  const isBind = options.bind !== "none";
  const type = isBind ? "bind" : (mount.type ?? "");
  checkDestination(context, mount.destination, destination, `${pointer}/destination`);
  if (destination === "/proc" && !isBind && type !== "proc")
    issues.invalid(`${pointer}/destination`, `only a proc file system or a bind goes on /proc, not ${quote(type)}`);
  if (type === "") issues.invalid(`${pointer}/type`, "is required for a mount that is no bind");
  const found = isBind ? findSource(context, mount.source, bundle, pointer, earlier) : undefined;
  const { source, isFile } = found ?? { source: mount.source ?? type, isFile: false };
  const maps = idMappings(context, namespaces, mount, pointer, options);
  return { slot: `mount-${index}`, pointer, destination, type, source, isFile, options, ...maps };
}

function checkDestination({ issues }: Context, raw: string, path: string, pointer: string): void {
  if (raw === "") issues.invalid(pointer, "must not be empty");
  else if (path === "/") issues.invalid(pointer, "the root itself cannot be mounted over: use /root/path");
  else if (path !== "/proc" && isBeneath(path, "/proc") && !underProc.has(path))
    issues.invalid(
      pointer,
      `${quote(raw)} is inside /proc, where a mount could hide what the container is confined by`,
    );
}

/** Where a bind comes from; undefined, with an issue, for a source that makes no sense. */
function findSource(
  context: Context,
  source: string | undefined,
  bundle: string | undefined,
  pointer: string,
  earlier: readonly MountEntry[],
): Pick<MountEntry, "source" | "isFile"> | undefined {
  const { facts, issues } = context;
  if (source === undefined || source === "") {
    issues.invalid(`${pointer}/source`, "is required for a bind mount");
    return undefined;
  }
  if (!source.startsWith("/") && bundle === undefined) {
    issues.invalid(
      `${pointer}/source`,
      `${quote(source)} is relative, and there is no bundle directory to count it from`,
    );
    return undefined;
  }
  const path = resolveSource(source, bundle);
  const { [path]: kind = "missing" } = facts.paths;
  const found = kind === "missing" ? madeBefore(context, path, bundle, earlier) : kind;
  if (found === undefined)
    issues.invalid(`${pointer}/source`, `${quote(path)} is not there on the host, or this caller may not look it up`);
  return { source: path, isFile: found === "file" };
}

/**
 * What a source beneath the root directory is once the mounts before it are there, which init sees where the host does not.
 * Undefined where none of them makes it, or where the launcher clones it before init makes any.
 */
function madeBefore(
  { config, facts }: Context,
  source: string,
  bundle: string | undefined,
  earlier: readonly MountEntry[],
): "file" | "directory" | undefined {
  if (facts.privileged && (config.linux?.namespaces ?? []).some(({ type }) => type === "user")) return undefined;
  const root = resolveSource(config.root?.path ?? "", bundle);
  const within = ({ destination }: MountEntry): string => joinPath(root, destination);
  const mount = earlier.findLast((one) => isBeneath(source, within(one)));
  if (mount === undefined) return undefined;
  return mount.isFile && source === within(mount) ? "file" : "directory";
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
): Pick<MountEntry, "uids" | "gids" | "joinsIds"> {
  const { maps } = options;
  const { uidMappings = [], gidMappings = [] } = mount;
  // As crun: the fields count more than the word, and a word without maps is `idmap`.
  const isGiven = uidMappings.length > 0 || gidMappings.length > 0;
  const ofWord = maps === undefined || maps.text === "" || isGiven ? {} : readIdmapOption(maps.text, config.linux);
  if (maps !== undefined && ofWord === undefined) {
    issues.invalid(maps.pointer, "its maps are not of the form idmap=uids=FIRST-HOST-SIZE;gids=FIRST-HOST-SIZE");
    return { uids: [], gids: [] };
  }
  if (maps !== undefined && isGiven) issues.warn(maps.pointer, "ignored: uidMappings and gidMappings count more");
  const { uidMappings: uids = [], gidMappings: gids = [] } = isGiven ? mount : { ...ofWord };
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
  if (namespaces.joined.some(({ type }) => type === "user")) return { uids, gids, joinsIds: true };
  if (!namespaces.made.has("user"))
    issues.invalid(`${pointer}/options`, "an id-mapped mount needs uidMappings and gidMappings, or a user namespace");
  return { uids: config.linux?.uidMappings ?? [], gids: config.linux?.gidMappings ?? [] };
}

/** The absolute host paths that a config binds. */
export function bindSourcesOf(config: Context["config"], bundle?: string): readonly string[] {
  return (config.mounts ?? [])
    .filter(isBind)
    .flatMap(({ source }) => (source === undefined || source === "" ? [] : [resolveSource(source, bundle)]));
}

/** The absolute host paths that a config names: what `HostFacts.paths` has to tell. */
export function hostPathsOf(config: Context["config"], bundle?: string): readonly string[] {
  const { listenerPath = "" } = config.linux?.seccomp ?? {};
  return [...bindSourcesOf(config, bundle), ...(listenerPath.startsWith("/") ? [listenerPath] : [])];
}

function isBind({ type, options }: Mount): boolean {
  return type === "bind" || type === "rbind" || (options ?? []).some(isBindWord);
}

function isBindWord(word: string): boolean {
  return word === "bind" || word === "rbind";
}
