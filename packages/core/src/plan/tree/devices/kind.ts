import type { MountEntry } from "../mount-list.ts";
import { attr } from "../mount-words.ts";

/**
 * What `/dev` is: `own` when the runtime makes it, `ours` a file system of the config to fill, `theirs` one that has its devices.
 * A bind (`bound`) is left alone: it may be the host's `/dev`.
 */
export type DevKind = "own" | "ours" | "theirs" | "bound";

/** Whether the runtime fills `/dev`. */
export const isFilled = (dev: DevKind): boolean => dev === "own" || dev === "ours";

/** Looks at what the config puts on /dev. */
export function devKind(mounts: readonly MountEntry[]): DevKind {
  const last = mounts.filter(({ destination }) => destination === "/dev").at(-1);
  if (last === undefined) return "own";
  if (last.type === "bind") return "bound";
  return last.type === "devtmpfs" ? "theirs" : "ours";
}

/** The tmpfs that stands in where the config has nothing on /dev: nodes are never made in the image. */
export const ownDev: MountEntry = {
  slot: "mount-dev",
  pointer: "",
  destination: "/dev",
  type: "tmpfs",
  source: "tmpfs",
  isFile: false,
  options: {
    bind: "none",
    own: { set: attr.nosuid | attr.strictatime, clear: 0 },
    deep: { set: 0, clear: 0 },
    propagation: undefined,
    idmap: "none",
    copyUp: false,
    data: [
      { option: "mode=755", pointer: "" },
      { option: "size=65536k", pointer: "" },
    ],
  },
  uids: [],
  gids: [],
};

/** Destinations of mounts in the `/dev` that is seen. */
export function mountsInDev(mounts: readonly MountEntry[]): ReadonlySet<string> {
  const last = mounts.findLastIndex(({ destination }) => destination === "/dev");
  return new Set(mounts.slice(last + 1).map(({ destination }) => destination));
}
