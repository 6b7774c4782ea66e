// Whether a container can take masks and read-only flags off the mounts that it is given.
import type { Call } from "../../exposure/filters.ts";
import { letThrough, servedTables } from "../../exposure/filters.ts";
import type { Exposure } from "../../exposure/index.ts";
import type { MountView } from "../../exposure/mounts.ts";
import { isReadonly } from "../../exposure/mounts.ts";
import { isBeneath } from "../../paths.ts";
import { capabilityNames } from "../../plan/index.ts";
import type { Checks } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";
import { doors } from "./seccomp-doors.ts";

/** Flags of mount(2), umount2(2) and open_tree(2). */
const [MS_BIND, MS_REMOUNT, MS_MOVE, MNT_DETACH, OPEN_TREE_CLONE] = [0x1000n, 0x20n, 0x2000n, 2n, 1n] as const;
const mount = (flags: bigint): readonly Call[] => [{ name: "mount", args: [0n, 0n, 0n, flags] }];
const plain = (...names: readonly string[]): readonly Call[] => names.map((name) => ({ name }));

/** Calls that are enough together, for who has CAP_SYS_ADMIN and this. */
interface Way {
  readonly calls: readonly Call[];
  readonly capability?: (typeof capabilityNames)[number];
}

/**
 * Every way to change mounts. Each is one for whoever may make no other of these calls, and where none may be made there is
 * none, whatever namespaces it makes or joins (test/defence/mount-changes.test.ts).
 */
export const mountWays: readonly Way[] = [
  ...[0n, MNT_DETACH].map((flags) => ({ calls: [{ name: "umount2", args: [0n, flags] }] })),
  { calls: plain("umount") },
  ...[0n, MS_BIND, MS_REMOUNT | MS_BIND, MS_MOVE].map((flags) => ({ calls: mount(flags) })),
  { calls: plain("move_mount") },
  { calls: [{ name: "open_tree", args: [0n, 0n, OPEN_TREE_CLONE] }] },
  { calls: [{ name: "open_tree_attr", args: [0n, 0n, OPEN_TREE_CLONE] }] },
  { calls: plain("mount_setattr") },
  { calls: plain("fsopen", "fsconfig", "fsmount") },
  { calls: plain("pivot_root") },
  { calls: plain("open_by_handle_at"), capability: "CAP_DAC_READ_SEARCH" },
];

const namesOf = (ways: readonly Way[]): string =>
  [...new Set(ways.flatMap(({ calls }) => calls.map(({ name }) => name)))].join(", ");

const capSysAdmin = 1n << BigInt(capabilityNames.indexOf("CAP_SYS_ADMIN"));

/** Whether a process can have a mount namespace of its own, with the right to let go of what is mounted there. */
function makesMountNamespaces({ filters, rights }: Exposure): boolean {
  const served = servedTables(filters);
  const [, , , calls = []] = doors["user-namespaces"] ?? [];
  return (
    (rights.capabilities & capSysAdmin) !== 0n || calls.some((call) => letThrough(filters, served, call).length > 0)
  );
}

/** What is mounted in a tree of the host that can be written: mounts, masks, and guards. */
function mountedInWritable({ tree: { mounts, covers, guarded } }: Exposure): readonly string[] {
  const isWritable = (mount: MountView): boolean =>
    mount.type === "bind" && mount.source?.root === "host" && mount.destination !== "/" && !isReadonly(mount);
  const trees = mounts.filter(isWritable).map(({ destination }) => destination);
  const all = [...mounts.map(({ destination }) => destination), ...covers.map(({ path }) => path), ...guarded];
  return [...new Set(all)].filter((path) => trees.some((tree) => path !== tree && isBeneath(path, tree)));
}

/** The ways that the filter leaves open. */
function openWays({ filters, rights }: Exposure): readonly Way[] {
  const served = servedTables(filters);
  return mountWays.filter(
    ({ calls, capability }) =>
      (capability === undefined ||
        ((rights.capabilities >> BigInt(capabilityNames.indexOf(capability))) & 1n) === 1n) &&
      calls.every((call) => letThrough(filters, served, call).length > 0),
  );
}

export const mountChangeChecks: Checks = {
  "mounts-unlocked": {
    severity: "medium",
    class: "C who may weaken mounts",
    why: "with CAP_SYS_ADMIN it takes masks and read-only flags off its mounts, which are then no more than advice",
    fix: `lock the mounts, by --lock-mounts or the annotation coffer.lock-mounts, take CAP_SYS_ADMIN out, or deny all of ${namesOf(mountWays)} in /linux/seccomp`,
    test: (exposure) => {
      const { changesMounts, filters, namespaces, rights } = exposure;
      if (!changesMounts || namespaces.mount.whose !== "own" || namespaces.user.whose === "host") return [];
      const open = openWays(exposure);
      const by = filters.programs.length === 0 ? "" : `: the filter lets ${namesOf(open)} through`;
      return hitIf(open.length > 0, rights.capsAt, `the process can change the mounts that it is given${by}`);
    },
  },
  "mounts-movable": {
    severity: "medium",
    class: "C who may weaken mounts",
    why: "in a mount namespace of its own a process lets go of mounts, and then moves what they cover in a tree that it may write: another file takes the place of a guarded or read-only one, and a hidden one is found by another name later",
    fix: "bind the tree with rro, or deny calls that make user namespaces in /linux/seccomp, and take CAP_SYS_ADMIN out",
    test: (exposure) => {
      if (!hasProcess(exposure) || exposure.namespaces.mount.whose !== "own") return [];
      const [first, ...others] = mountedInWritable(exposure);
      if (first === undefined || !makesMountNamespaces(exposure) || openWays(exposure).length === 0) return [];
      const more = others.length === 0 ? "" : ` and ${others.length} more`;
      return hitIf(
        true,
        exposure.filters.at,
        `the process can move ${first}${more}, mounts in a tree that it may write`,
      );
    },
  },
};
