// Whether a container can take masks and read-only flags off the mounts that it is given.
import type { Call } from "../../exposure/filters.ts";
import { letThrough, servedTables } from "../../exposure/filters.ts";
import type { Exposure } from "../../exposure/index.ts";
import { capabilityNames } from "../../plan/index.ts";
import type { Checks } from "../check.ts";
import { hitIf } from "../check.ts";

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
};
