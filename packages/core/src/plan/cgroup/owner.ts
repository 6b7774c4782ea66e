import type { LinuxIdMapping } from "@coffer/spec";
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import { attr } from "../tree/mount-words.ts";

const capChown = 0n;
/** What kernels without /sys/kernel/cgroup/delegate (before 4.15) would name. */
const delegated: readonly string[] = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

function hostId(id: number, mappings: readonly LinuxIdMapping[]): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return mapping === undefined ? undefined : mapping.hostID + id - mapping.containerID;
}

/** The container sees its own cgroup as the root of the hierarchy, and may write to it. */
function isDelegated({ facts, namespaces, mounts }: CreateContext): boolean {
  if (facts.cgroup.mode !== "v2" || !namespaces.made.has("cgroup")) return false;
  return mounts.some(
    ({ type, destination, options }) =>
      (type === "cgroup" || type === "cgroup2") &&
      destination === "/sys/fs/cgroup" &&
      ((options.own.set | options.deep.set) & attr.readonly) === 0,
  );
}

/**
 * Gives the cgroup to the container's user, so that it can make cgroups in its own: the spec's "cgroup ownership". The
 * limits themselves stay the host's.
 */
export function planCgroupOwner(
  context: CreateContext,
  cgroup: SlotName | undefined,
  phase: "host" | "parent" = "host",
): void {
  const { draft, config, facts, process, namespaces } = context;
  if (cgroup === undefined || !isDelegated(context)) return;
  const id = process.user?.uid ?? 0;
  const uid = namespaces.has("user") ? hostId(id, config.linux?.uidMappings ?? []) : id;
  if (uid === undefined || uid === facts.uid || ((facts.capabilities >> capChown) & 1n) === 0n) return;
  const files = facts.cgroup.delegate ?? delegated;
  draft.add({
    op: "own-cgroup",
    phase,
    cgroup,
    files,
    uid,
    from: "/linux/cgroupsPath",
    why: "delegated to the container, which mounts it writable",
  });
}
