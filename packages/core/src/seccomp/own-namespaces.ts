// A profile for programs that make namespaces of their own: bubblewrap, browsers, build tools.
import type { SeccompProfile } from "./profile.ts";

/** Calls that a process has a use for once it has every capability in a user namespace of its own (user_namespaces(7)). */
const made = new Set([
  ...["clone", "unshare", "setns", "chroot", "pivot_root", "sethostname", "setdomainname"],
  ...["mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "open_tree_attr"],
  ...["fsopen", "fsconfig", "fsmount", "fspick"],
  // What they open their sources with. Its mode lies in memory, so a profile against set-user-id files refuses it.
  "openat2",
]);

/**
 * A profile whose processes can make namespaces of every kind, and mounts in them. clone3(2) stays refused: its flags lie in
 * memory, and C libraries fall back to clone(2).
 */
export function withOwnNamespaces<T extends SeccompProfile>(profile: T): T {
  const kept = (profile.syscalls ?? []).map((rule) => ({
    ...rule,
    names: rule.names.filter((name) => !made.has(name)),
  }));
  return {
    ...profile,
    syscalls: [...kept.filter(({ names }) => names.length > 0), { names: [...made], action: "SCMP_ACT_ALLOW" }],
  };
}
