// Follows the slots of a plan that say where something is.
import { foldDotDot, joinPath } from "../paths.ts";
import type { OpOf, PlanOp, SlotName } from "../wire/op.ts";
import type { Doubt, Place } from "./find.ts";
import type { AllowedPath } from "./landlock.ts";
import type { Origin } from "./models.ts";
import type { Cover, DeviceNode, DeviceNumber, Location, MountView } from "./mounts.ts";
import type { NamespaceWalk } from "./namespaces.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A mount in the making. */
export type Tree = Mutable<MountView>;

/** What is known after some ops. */
export interface Walk {
  readonly inputs: Readonly<Record<SlotName, string>>;
  /** Inputs whose paths have no symbolic link in them. */
  readonly linkless: ReadonlySet<SlotName>;
  readonly origins: ReadonlyMap<SlotName, Origin>;
  readonly namespaces: NamespaceWalk;
  readonly locations: Map<SlotName, Location>;
  readonly sources: Map<SlotName, { readonly device?: DeviceNumber; readonly at: Place }>;
  readonly trees: Map<SlotName, Tree>;
  readonly mounts: Tree[];
  readonly covers: Cover[];
  /** Paths that are kept from the program in trees that it may write. */
  readonly guarded: string[];
  /** Nodes that are made. Those of a file system that is not attached yet have paths in that tree. */
  readonly nodes: (DeviceNode & { readonly tree?: SlotName })[];
  readonly allowed: AllowedPath[];
  readonly doubts: Doubt[];
  /** Something was masked. */
  hasMasks: boolean;
  cwd: Location;
  /** Whose mounts init has joined, and made its own since perhaps. */
  joined: Location["root"] | undefined;
  transition: "pivot" | "chroot" | "none";
  transitionAt: Place;
}

export const nowhere: Location = { root: "unknown", path: "/", followsLinks: false };
const noSymlinks = 2;
const fileTypes: ReadonlyMap<number, "b" | "c"> = new Map([
  [0o020000, "c"],
  [0o060000, "b"],
]);

/** Notes something that is not known here. */
export function doubt(walk: Walk, at: Place, what: string): void {
  walk.doubts.push({ what, at });
}

/** Where a slot is. */
export function locate(walk: Walk, slot: SlotName): Location {
  const known = walk.locations.get(slot);
  if (known !== undefined) return known;
  const path = walk.origins.get(slot) === "input dir" ? walk.inputs[slot] : undefined;
  return path === undefined
    ? nowhere
    : { root: "host", path: foldDotDot(path), followsLinks: !walk.linkless.has(slot) };
}

/** Where a path beneath a slot is. */
export function beneath(walk: Walk, slot: SlotName, path: string, resolve?: number | bigint): Location {
  const at = locate(walk, slot);
  const followsLinks = at.followsLinks || Number(resolve ?? 0) !== noSymlinks;
  return { root: at.root, path: foldDotDot(joinPath(at.path, path)), followsLinks };
}

/** The device of an opener that asks for one, or of a node to make. */
export function deviceOf(
  mode: number | bigint,
  major: number | bigint,
  minor: number | bigint,
): DeviceNumber | undefined {
  const type = fileTypes.get(Number(mode) & 0o170000);
  return type === undefined ? undefined : { type, major: Number(major), minor: Number(minor) };
}

function openObject(walk: Walk, op: OpOf<"open-object">, at: Place): void {
  const device = deviceOf(op.type, op.major, op.minor);
  walk.locations.set(op.out, beneath(walk, op.at, op.path, op.resolve));
  walk.sources.set(op.out, { at, ...(device === undefined ? {} : { device }) });
}

/** Whose tree `/` is: the launcher's, or init's own, which is the container's once the transition is done. */
function rootOf(walk: Walk, { phase }: OpOf<"open-root">): Location {
  const whose = walk.transition === "none" || phase === "host" ? (walk.joined ?? "host") : "container";
  return { root: phase === "host" ? "host" : whose, path: "/", followsLinks: false };
}

/** Joins namespaces: those of a container have its tree, those of anybody else one that is not in the plan. */
function join(walk: Walk, index: number): void {
  const [before, after] = [walk.namespaces.before[index], walk.namespaces.before[index + 1] ?? walk.namespaces.final];
  if (before?.mount === after.mount) return;
  walk.joined = after.mount.whose === "container" ? "container" : "unknown";
}

/** Ops that open something. */
export function stepOpen(walk: Walk, op: PlanOp, index: number, at: Place): void {
  switch (op.op) {
    case "open-root":
      walk.locations.set(op.out, rootOf(walk, op));
      break;
    case "open-cwd":
      walk.locations.set(op.out, walk.joined === undefined ? walk.cwd : nowhere);
      break;
    case "enter-dir":
      walk.cwd = locate(walk, op.dir);
      break;
    case "open-dir":
    case "mount-point":
      walk.locations.set(op.out, beneath(walk, op.at, op.path, op.resolve));
      break;
    case "open-object":
      openObject(walk, op, at);
      break;
    case "join-namespaces":
      join(walk, index);
      break;
    default:
  }
}
