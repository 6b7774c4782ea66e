import { isBeneath } from "../paths.ts";
import { attr } from "../plan/index.ts";
import type { Place } from "./find.ts";

/**
 * Whose tree a path counts from. `new`: a file system that the plan makes, before it is attached; `unknown`: an input whose
 * path is not known, or what another mount namespace has.
 */
export interface Location {
  readonly root: "host" | "container" | "new" | "unknown";
  readonly path: string;
  /** Symbolic links in it were followed, so that it may be somewhere else. */
  readonly followsLinks: boolean;
}

/** A node that is made or bound: S_IFMT bits and number. */
export interface DeviceNumber {
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
}

/** A node that the container has. */
export interface DeviceNode extends DeviceNumber {
  readonly path: string;
  readonly at: Place;
}

/** A mount that the container gets. */
export interface MountView {
  /** In the container; `/` for the root. */
  readonly destination: string;
  /** `bind` for a clone of something that is there, `terminal` for one of a terminal. */
  readonly type: string;
  /** Of a bind: what is cloned. */
  readonly source: Location | undefined;
  /** Data of a new file system. */
  readonly options: readonly string[];
  /** A bind of a whole tree of mounts. */
  readonly recursive: boolean;
  /** MOUNT_ATTR_* of the mount itself, and those that every mount beneath has too. */
  readonly own: number;
  readonly deep: number;
  readonly idmapped: boolean;
  /** Value of `propagation` in the op table, after all changes. */
  readonly propagation: number;
  /** An overlay whose layers are mounts of the plan, which have their own views. */
  readonly isLayered?: true;
  /** It stays a peer of the mount that it is cloned from. */
  readonly isPeer: boolean;
  /** Symbolic links in the source's path are followed when the plan runs. */
  readonly followsLinks: boolean;
  /** The plan itself makes something in it while it can be written, whatever it is later. */
  readonly written: boolean;
  readonly device?: DeviceNumber;
  readonly at: Place;
}

/** What covers a path: `mask` hides it, `readonly` keeps it from being written. */
export interface Cover {
  readonly kind: "mask" | "readonly";
  readonly path: string;
}

/** Whether a mount and all beneath it have an attribute. */
export function hasAttr({ own, deep, recursive, type }: MountView, bit: number): boolean {
  return (own & bit) !== 0 && (type !== "bind" || !recursive || (deep & bit) !== 0);
}

export function isReadonly(mount: MountView): boolean {
  return hasAttr(mount, attr.readonly);
}

/** Whether a path of the container is covered. A mask of a directory hides what is in it. */
export function isCovered(covers: readonly Cover[], path: string, kinds: readonly Cover["kind"][]): boolean {
  return covers.some((cover) => kinds.includes(cover.kind) && isBeneath(path, cover.path));
}
