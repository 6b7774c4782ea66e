// How a tree comes to its place.
import type { MountEntry } from "./mount-list.ts";
import { special } from "./mount-list.ts";
import { propagation } from "./mount-words.ts";
import type { TreeContext } from "./mounts.ts";
import { setMount } from "./set-mount.ts";

/** Puts the tree of a mount on its mount point, making it first where it is missing. `kind` 0: directory, 1: file. */
export function planAttach(tree: TreeContext, mount: MountEntry, kind: 0 | 1, keep = false): void {
  const { draft, root } = tree;
  const { slot, destination, pointer: from } = mount;
  const target = `${slot}-at`;
  const mode = kind === 0 ? 0o755 : 0o644;
  // A link in the image would put these elsewhere (CVE-2019-19921, CVE-2026-41579).
  const resolve = special.has(destination) ? 2 : 0;
  if (mount.type === "tmpfs" && !mount.options.data.some(({ option }) => option.startsWith("mode=")))
    draft.add({
      op: "copy-mode",
      phase: "inside",
      flags: ["absent-ok"],
      source: root,
      tree: slot,
      // openat2(2) takes no absolute path beneath a directory.
      path: resolve === 0 ? destination : destination.slice(1),
      resolve,
      from,
      why: "no mode is asked for",
    });
  draft.add({
    op: "mount-point",
    phase: "inside",
    at: root,
    path: destination,
    kind: mount.exists === true ? 2 : kind,
    mode,
    resolve,
    out: target,
    from,
  });
  if (mount.options.copyUp)
    draft.add({ op: "copy-up", phase: "inside", source: target, tree: slot, from, why: "begins with what it covers" });
  if (tree.sharesEach && !isTied(tree, mount))
    setMount(draft, {
      phase: "inside",
      tree: slot,
      propagation: propagation.privateShared,
      recursive: 1,
      from: "/linux/rootfsPropagation",
    });
  draft.add({ op: "attach", phase: "inside", ...(keep ? { flags: ["keep"] as const } : {}), tree: slot, target, from });
  if (keep) draft.add({ op: "close", phase: "inside", slot: target, from });
}

/**
 * Whether a bind stays a peer of the host's mount, so that mounts beneath it appear on both sides. The config must say so of
 * the bind and of the root (Kubernetes' Bidirectional), as with runc and crun. In a user namespace the kernel makes it a
 * slave.
 */
export function isSharedBind(context: SharingContext, mount: MountEntry): boolean {
  const root = context.config.linux?.rootfsPropagation;
  const isAsked = mount.options.propagation?.value === propagation.shared && (root === "shared" || root === "rshared");
  return isAsked && canTie(context, mount);
}

/** Words of `rootfsPropagation` that do not cut what is beneath the root off from the host: Kubernetes' HostToContainer beside Bidirectional. */
const uncut: ReadonlySet<string | undefined> = new Set(["private", "shared", "rshared", "unbindable"]);

/** Whether a bind follows the host's mount although init would make that private before it is bound. */
function isFollower(context: SharingContext, mount: MountEntry): boolean {
  const isAsked = mount.options.propagation?.value === propagation.slave;
  return isAsked && uncut.has(context.config.linux?.rootfsPropagation) && canTie(context, mount);
}

/** Whether the launcher clones a bind, so that it is tied to the host's mount. */
export const isTied = (context: SharingContext, mount: MountEntry): boolean =>
  isSharedBind(context, mount) || isFollower(context, mount);

const canTie = ({ namespaces, facts }: SharingContext, { type }: MountEntry): boolean =>
  type === "bind" && !namespaces.has("user") && facts.initialUserns && facts.privileged;

type SharingContext = Pick<TreeContext, "config" | "namespaces" | "facts">;
