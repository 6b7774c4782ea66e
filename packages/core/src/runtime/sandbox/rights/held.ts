// The mounts that a session may write, held from its start: later nobody inside can have another one changed by a name.

import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import type { TreeLine } from "../../../host/mountinfo.ts";
import { readMountTree } from "../../../host/mountinfo.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { HeldMount } from "../../../system/held.ts";
import type { System } from "../../../system/port.ts";

/** As many inputs as a plan has. More mounts of the host in one directory stay read-only once they are. */
const mostHeld = 256;

/** Mounts that are held, by their numbers. */
export interface HeldMounts {
  readonly byNumber: ReadonlyMap<number, HeldMount>;
  /** The numbers of those that the session was given by a rule, by their paths inside. */
  readonly named: ReadonlyMap<string, number>;
  close(): void;
}

const parentsOf = (mounts: readonly TreeLine[]): ReadonlyMap<number, number> =>
  new Map(mounts.map(({ id, parent }) => [id, parent]));

/** A mount, and what is mounted beneath it. */
export function mountsBeneath(mounts: readonly TreeLine[], top: number): readonly TreeLine[] {
  const parents = parentsOf(mounts);
  const isWithin = (id: number): boolean => {
    const seen = new Set<number>();
    for (let at: number | undefined = id; at !== undefined && !seen.has(at); at = parents.get(at)) {
      if (at === top) return true;
      seen.add(at);
    }
    return false;
  };
  return mounts.filter(({ id }) => isWithin(id));
}

/** Holds what a mount is at its point; undefined where another mount covers it. */
function holdMount(system: System, pid: number, { id, point }: TreeLine): HeldMount | undefined {
  const held = optional(() => system.openSeen?.(pid, point));
  if (held?.mount === id) return held;
  held?.close();
  return undefined;
}

/**
 * Holds each mount of a rule that lets something be written, and all beneath it that can be written. Nothing but the session's
 * own first process runs in the sandbox by then. Nothing is held of a sandbox that has ended already.
 */
export function holdMounts(system: System, pid: number, rules: readonly PathRule[]): HeldMounts {
  const byNumber = new Map<number, HeldMount>();
  const named = new Map<string, number>();
  const writing = rules.filter(({ access }) => access === "write" || access === "tmp" || access === "overlay");
  const mounts = (writing.length === 0 ? undefined : optional(() => readMountTree(system, pid))) ?? [];
  const hold = (mount: TreeLine): boolean => {
    if (byNumber.has(mount.id)) return true;
    const held = byNumber.size < mostHeld && !mount.isReadOnly ? holdMount(system, pid, mount) : undefined;
    if (held !== undefined) byNumber.set(mount.id, held);
    return held !== undefined;
  };
  for (const { path } of writing) {
    const mount = mounts.findLast(({ point, isReadOnly }) => point === path && !isReadOnly);
    if (mount !== undefined && hold(mount)) named.set(path, mount.id);
  }
  for (const top of named.values()) for (const mount of mountsBeneath(mounts, top)) hold(mount);
  const close = (): void => {
    for (const one of byNumber.values()) one.close();
    byNumber.clear();
    named.clear();
  };
  return { byNumber, named, close };
}

/** Where else something of these mounts can be written, once nothing can be written by way of them. */
export function writtenElsewhere(mounts: readonly TreeLine[], taken: readonly TreeLine[]): TreeLine | undefined {
  const ids = new Set(taken.map(({ id }) => id));
  const others = mounts.filter(({ id, isReadOnly }) => !isReadOnly && !ids.has(id));
  return others.find((other) =>
    taken.some((one) => {
      if (one.device !== other.device) return false;
      if (!isBeneath(one.root, other.root)) return isBeneath(other.root, one.root);
      // It shows the same, unless it is covered right there.
      return joinPath(other.point, one.root.slice(other.root.length)) !== one.point;
    }),
  );
}
