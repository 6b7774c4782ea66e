// Follows the slots of a plan that say where something is.
import { cloneFlags } from "../plan/namespaces.ts";
import { foldDotDot, joinPath } from "../plan/paths.ts";
import type { OpOf, PlanOp, SlotName } from "../wire/op.ts";
import type { Place } from "./find.ts";
import type { Cover, DeviceNumber, Location, MountView } from "./mounts.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A mount in the making. */
export type Tree = Mutable<MountView>;

/** What is known after some ops. */
export interface Walk {
  readonly inputs: Readonly<Record<SlotName, string>>;
  readonly locations: Map<SlotName, Location>;
  readonly sources: Map<
    SlotName,
    { readonly followsLinks: boolean; readonly device?: DeviceNumber; readonly at: Place }
  >;
  readonly trees: Map<SlotName, Tree>;
  readonly mounts: Tree[];
  readonly covers: Cover[];
  readonly terminals: Set<SlotName>;
  cwd: Location;
  joined: boolean;
  transition: "pivot" | "chroot" | "none";
  transitionAt: Place;
}

export const nowhere: Location = { root: "unknown", path: "/" };
const noSymlinks = 2;
const fileTypes: ReadonlyMap<number, "b" | "c"> = new Map([
  [0o020000, "c"],
  [0o060000, "b"],
]);

/** Where a slot is. */
export function locate(walk: Walk, slot: SlotName): Location {
  const known = walk.locations.get(slot);
  if (known !== undefined) return known;
  const path = walk.inputs[slot];
  return path === undefined ? nowhere : { root: "host", path: foldDotDot(path) };
}

/** Where a path beneath a slot is. */
export function beneath(walk: Walk, slot: SlotName, path: string): Location {
  const at = locate(walk, slot);
  return { root: at.root, path: foldDotDot(joinPath(at.path, path)) };
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
  walk.locations.set(op.out, beneath(walk, op.at, op.path));
  walk.sources.set(op.out, {
    followsLinks: Number(op.resolve) !== noSymlinks,
    at,
    ...(device === undefined ? {} : { device }),
  });
}

function hostRoot(walk: Walk, op: OpOf<"open-root">): Location {
  if (op.phase === "rooted") return { root: "container", path: "/" };
  return op.phase === "inside" && walk.joined ? nowhere : { root: "host", path: "/" };
}

/** Ops that open something. */
export function stepOpen(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "open-root":
      walk.locations.set(op.out, hostRoot(walk, op));
      break;
    case "open-cwd":
      walk.locations.set(op.out, walk.cwd);
      break;
    case "enter-dir":
      walk.cwd = locate(walk, op.dir);
      break;
    case "open-dir":
      walk.locations.set(op.out, beneath(walk, op.at, op.path));
      break;
    case "open-object":
      openObject(walk, op, at);
      break;
    case "mount-point":
      walk.locations.set(op.out, beneath(walk, op.at, op.path));
      break;
    case "open-ptmx":
    case "open-peer":
      walk.terminals.add(op.out);
      break;
    case "join-namespaces":
      walk.joined ||= (Number(op.types) & cloneFlags.mount) !== 0;
      break;
    default:
  }
}
