// The mounts of a checkpoint against those of the config: none more, none weaker.
import type { Config } from "@coffer/spec";
import { quote } from "../../errors.ts";
import type { Checkpoint, ImageMount } from "../read/index.ts";
import type { Expected, ExpectedFlags, ExpectedPoint } from "./expected.ts";
import { deepSource, externalSource, nullDevice } from "./external.ts";
import { checkOptions } from "./mount-options.ts";
import { checkTree, isWithin, rootOf, topmost } from "./mount-tree.ts";
import type { Paths } from "./paths.ts";

/** enum fstype of CRIU's mnt.proto, for the file systems that a container may be given. */
export const types: Readonly<Partial<Record<string, number>>> = {
  proc: 1,
  sysfs: 2,
  tmpfs: 5,
  devpts: 6,
  cgroup: 12,
  mqueue: 14,
  cgroup2: 23,
};
const kernels: ReadonlySet<number | undefined> = new Set([types.proc, types.sysfs]);
export const tmpfs = 5;
const readonlyFlag = 1;
const flagMask = 0xf;

/** What the mounts are compared with. */
export interface MountCheck {
  readonly config: Config;
  readonly bundle: string;
  readonly expected: Expected;
  readonly paths: Paths;
}

function checkPoint(mount: ImageMount, point: ExpectedPoint | undefined, at: string): string | undefined {
  if (point === undefined || types[point.type] !== mount.type)
    return `${at} (file system type ${mount.type} of CRIU), which is not in /mounts`;
  const isWhole = point.isConsole ? /^\/\d+$/.test(mount.root) : mount.root === "/";
  if (!isWhole) return `${at} that shows ${quote(mount.root)}`;
  return checkOptions(mount, point) ? undefined : `${at} with other options than those of the config`;
}

/** A mask is of a file system that has nothing else. Links in it would lead elsewhere. */
function isMask(mount: ImageMount, { expected, paths }: MountCheck): boolean {
  const isMasked = expected.masked.some(({ path }) => path === mount.point);
  return isMasked && mount.type === tmpfs && paths.staysWithin(mount, mount.root);
}

/** A path that is mounted on itself: of the container's root, or of a file system of the kernel. */
function isItself(mount: ImageMount, below: ImageMount | undefined, check: MountCheck): boolean {
  if (below === undefined || !check.expected.readonly.some(({ path }) => path === mount.point)) return false;
  const isSame = below.device === mount.device && below.type === mount.type;
  if (!isSame || !isWithin(mount.point, below.point)) return false;
  const path = below.point === "/" ? mount.point : mount.point.slice(below.point.length);
  const isRight = mount.root === (below.root === "/" ? path : `${below.root}${path}`);
  return isRight && (kernels.has(mount.type) || check.paths.staysWithin(below, path));
}

/** What is wrong with a mount; undefined when the config has it. */
function checkMount(mount: ImageMount, mounts: readonly ImageMount[], check: MountCheck): string | undefined {
  const { expected, config, bundle } = check;
  const at = `a mount on ${quote(mount.point)}`;
  if (mount.isForeign) return `${at} that a plugin of CRIU would make`;
  if (mount.external !== undefined) {
    if (externalSource(config, bundle, expected, mount) === undefined)
      return `${at} of something of the host (${quote(mount.external)}), which is not in /mounts`;
    const deep = expected.points.has(mount.point) ? undefined : deepSource(config, bundle, mount.point);
    return deep !== undefined && check.paths.hasLink(deep.base, deep.rest)
      ? `${at} behind a link in what is bound there`
      : undefined;
  }
  const below = mounts.find(({ id }) => id === mount.parent);
  if (isMask(mount, check) || isItself(mount, below, check)) return undefined;
  const others = mounts.filter(({ external, point }) => (external ?? nullDevice) !== nullDevice || point === "/");
  // CRIU would make it a bind of that.
  if (others.some(({ device }) => device === mount.device)) return `${at} of the file system of another`;
  return checkPoint(mount, expected.points.get(mount.point), at);
}

/** The flags that all mounts in a place have, of which the topmost is what is seen. */
function flagsAt(mounts: readonly ImageMount[], path: string): number | undefined {
  const all = mounts.filter(({ point }) => point === path);
  const isSeen = topmost(mounts, path)?.point === path;
  return isSeen ? all.reduce((flags, mount) => flags & mount.flags, flagMask) : undefined;
}

function checkFlags(mounts: readonly ImageMount[], { path, require, from }: ExpectedFlags): string | undefined {
  const wanted = require & flagMask;
  const flags = flagsAt(mounts, path);
  if (flags === undefined) return `${from}: there is no mount on ${quote(path)}`;
  return (flags & wanted) === wanted
    ? undefined
    : `${from}: the mount on ${quote(path)} has not the flags of the config`;
}

function checkCovered(mounts: readonly ImageMount[], entry: ExpectedFlags, check: MountCheck): string | undefined {
  const mount = mounts.find(({ point }) => point === entry.path);
  if (mount === undefined && !check.paths.exists(entry.path)) return undefined;
  const seen = topmost(mounts, entry.path);
  const isSeen = seen?.point === entry.path;
  return isSeen && seen.external !== undefined ? undefined : checkFlags(mounts, entry);
}

/** A masked path has its mask on top. */
function checkMasked(mounts: readonly ImageMount[], { path, from }: ExpectedFlags, check: MountCheck) {
  const seen = topmost(mounts, path);
  if (seen?.point !== path || seen.external !== undefined || isMask(seen, check)) return undefined;
  return `${from}: the mount on ${quote(path)} is no mask`;
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
  const root = rootOf(mounts);
  return [
    root?.isForeign || root?.external !== undefined ? "the root is a mount of something else" : undefined,
    config.root?.readonly
      ? checkFlags(mounts, { path: "/", require: readonlyFlag, from: "/root/readonly" })
      : undefined,
  ];
}

/** Everything that is wrong with the mounts. */
export function checkMounts({ mounts }: Checkpoint, check: MountCheck): readonly string[] {
  const { expected } = check;
  return [
    ...checkTree(mounts),
    ...checkRoot(mounts, check),
    ...mounts.filter(({ point }) => point !== "/").map((mount) => checkMount(mount, mounts, check)),
    ...checkPrivate(mounts, expected),
    ...expected.flags.map((entry) => checkFlags(mounts, entry)),
    ...expected.masked.map((entry) => checkMasked(mounts, entry, check)),
    ...[...expected.masked, ...expected.readonly].map((entry) => checkCovered(mounts, entry, check)),
  ].filter((found) => found !== undefined);
}
