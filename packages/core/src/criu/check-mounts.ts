// The mounts of a checkpoint against those of the config: none more, none weaker.
import type { Config } from "@coffer/spec";
import { quote } from "../errors.ts";
import type { Checkpoint, ImageMount } from "./checkpoint.ts";
import type { Expected, ExpectedFlags } from "./expected.ts";
import { nodeName } from "./expected.ts";
import { externalSource } from "./external.ts";
import { readTarNodes } from "./tar.ts";

/** enum fstype of CRIU's mnt.proto, for the file systems that a container may be given. */
const types: Readonly<Partial<Record<string, number>>> = {
  proc: 1,
  sysfs: 2,
  tmpfs: 5,
  devpts: 6,
  cgroup: 12,
  mqueue: 14,
  cgroup2: 23,
};
const tmpfs = 5;
const flagMask = 0xf;
const noDevices = 4;

/** What the mounts are compared with. */
export interface MountCheck {
  readonly config: Config;
  readonly bundle: string;
  readonly expected: Expected;
  /** Whether the path would be there to be masked. */
  exists(path: string): boolean;
}

function isWithin(path: string, above: string): boolean {
  return path.startsWith(above === "/" ? "/" : `${above}/`);
}

/** Of the container's own root, or a file system that the config has somewhere. */
function isKnown(mount: ImageMount, root: ImageMount | undefined, { points }: Expected): boolean {
  if (root !== undefined && mount.device === root.device && mount.type === root.type)
    return isWithin(mount.root, root.root);
  return [...points.values()].some(({ type }) => types[type] === mount.type);
}

/** What is wrong with a mount; undefined when the config has it. */
function checkMount(mount: ImageMount, root: ImageMount | undefined, check: MountCheck): string | undefined {
  const { expected, config, bundle } = check;
  const at = `a mount on ${quote(mount.point)}`;
  if (mount.isForeign) return `${at} that a plugin of CRIU would make`;
  if (mount.external !== undefined)
    return externalSource(config, bundle, expected, mount) === undefined
      ? `${at} of something of the host (${quote(mount.external)}), which is not in /mounts`
      : undefined;
  const point = expected.points.get(mount.point);
  if (point !== undefined && types[point.type] === mount.type) return undefined;
  if (expected.masked.some(({ path }) => path === mount.point) && mount.type === tmpfs) return undefined;
  if (expected.readonly.some(({ path }) => path === mount.point) && isKnown(mount, root, expected)) return undefined;
  return `${at} (file system type ${mount.type} of CRIU), which is not in /mounts`;
}

function weakest(mounts: readonly ImageMount[], path: string): number | undefined {
  const all = mounts.filter(({ point }) => point === path);
  return all.length === 0 ? undefined : all.reduce((flags, mount) => flags & mount.flags, flagMask);
}

function checkFlags(mounts: readonly ImageMount[], { path, require, from }: ExpectedFlags): string | undefined {
  const wanted = require & flagMask;
  const flags = weakest(mounts, path);
  if (flags === undefined) return `${from}: there is no mount on ${quote(path)}`;
  return (flags & wanted) === wanted
    ? undefined
    : `${from}: the mount on ${quote(path)} has not the flags of the config`;
}

function checkCovered(mounts: readonly ImageMount[], entry: ExpectedFlags, check: MountCheck): string | undefined {
  const mount = mounts.find(({ point }) => point === entry.path);
  if (mount === undefined && !check.exists(entry.path)) return undefined;
  return mount?.external === undefined ? checkFlags(mounts, entry) : undefined;
}

/** A mount of the host that the config makes private would show what the host mounts there later. */
function checkPrivate(mounts: readonly ImageMount[], { points }: Expected): readonly string[] {
  const own = new Set(mounts.map(({ shared }) => shared));
  const receiving = mounts.filter(({ master }) => master !== 0 && !own.has(master));
  const hidden = [...points].filter(([, { isPrivate }]) => isPrivate).map(([path]) => path);
  return receiving
    .filter(({ point }) => hidden.some((path) => path === point || isWithin(point, path)))
    .map(({ point }) => `a mount on ${quote(point)} that is not private, as it is in /mounts`);
}

function checkRoot(mounts: readonly ImageMount[], { config }: MountCheck): readonly (string | undefined)[] {
  const roots = mounts.filter(({ point }) => point === "/");
  const ids = new Set(mounts.map(({ id }) => id));
  const stray = mounts.filter(({ point, parent }) => point !== "/" && !ids.has(parent));
  const flags = config.root?.readonly ? [checkFlags(mounts, { path: "/", require: 1, from: "/root/readonly" })] : [];
  return [
    roots.length === 1 ? undefined : `${roots.length} mounts on "/"`,
    ...stray.map(({ point }) => `a mount on ${quote(point)} that is on no other`),
    ...flags,
  ];
}

/** Device nodes in the file systems that allow them. */
function checkNodes(checkpoint: Checkpoint, { nodes }: Expected): readonly (string | undefined)[] {
  const devices = checkpoint.mounts.filter(({ type, flags }) => type === tmpfs && (flags & noDevices) === 0);
  // kdev_t: minor numbers are the low 20 bits.
  const minors = new Set(devices.map(({ device }) => device & 0xfffff));
  return [...minors].flatMap((minor) => {
    const archive = checkpoint.readArchive(minor);
    const found = archive === undefined ? [] : readTarNodes(archive);
    return found.map(({ name, mode, major, minor: number }) => {
      const node = nodeName(mode, major, number);
      return node === undefined || nodes.has(node)
        ? undefined
        : `the device node ${quote(name)} (${node}), which is not in /linux/devices`;
    });
  });
}

/** Everything that is wrong with the mounts. */
export function checkMounts(checkpoint: Checkpoint, check: MountCheck): readonly string[] {
  const { mounts } = checkpoint;
  const { expected } = check;
  const root = mounts.find(({ point }) => point === "/");
  return [
    ...checkRoot(mounts, check),
    ...mounts.filter(({ point }) => point !== "/").map((mount) => checkMount(mount, root, check)),
    ...checkPrivate(mounts, expected),
    ...expected.flags.map((entry) => checkFlags(mounts, entry)),
    ...[...expected.masked, ...expected.readonly].map((entry) => checkCovered(mounts, entry, check)),
    ...checkNodes(checkpoint, expected),
  ].filter((found) => found !== undefined);
}
