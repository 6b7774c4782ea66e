import { quote } from "../../errors.ts";
import { isBeneath, withParents } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";
import type { CgroupPlace, PlanCreateOptions } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import { isMapped } from "../ids/ids.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import { planAttach } from "./attach.ts";
import { planBind } from "./bind.ts";
import { planCgroupV1Mount } from "./cgroup-mount.ts";
import type { LauncherDev } from "./devices/launcher-dev.ts";
import { hostOwners } from "./devices/launcher-dev.ts";
import { labelOption, planTreeLabel } from "./mount-label.ts";
import type { MountEntry } from "./mount-list.ts";
import { attr, propagation } from "./mount-words.ts";
import { closeLayers, planLayers } from "./overlay.ts";
import { setMount } from "./set-mount.ts";

/** What the parts that build the tree share. */
export interface TreeContext extends Context {
  readonly namespaces: Namespaces;
  readonly roots: Roots;
  /** The slot of the root tree. */
  readonly root: SlotName;
  /** Where host mounts are cloned: by the launcher where the container's ids could not reach them, else by init. */
  readonly cloneIn: "host" | "inside";
  readonly places: readonly CgroupPlace[];
  readonly forks: CreateContext["forks"];
  /** The user namespaces that are made to carry id maps for mounts, by these maps. */
  readonly idmaps: Map<string, SlotName>;
  readonly launcherDev?: LauncherDev | undefined;
  /** The pid namespace that procfs shows, where init is not in it yet. */
  readonly pidns?: SlotName;
  readonly options: Pick<
    PlanCreateOptions,
    | "rootfs"
    | "sourceLinks"
    | "workDir"
    | "workDirAt"
    | "overlays"
    | "sources"
    | "guards"
    | "bindsStay"
    | "masks"
    | "hasDev"
  >;
  /** Each mount is shared within the container when it is made: a word for all of them would cut off those that are peers. */
  readonly sharesEach: boolean;
}

/** A mount that has to be there after the root transition. */
export interface ExpectedMount {
  readonly destination: string;
  readonly magic: number;
  readonly require: number;
  readonly from: string;
}

/** What later parts need to know of the mounts. */
export interface MountedTree {
  /** The devpts that a terminal is opened on. */
  readonly devpts: SlotName | undefined;
  /** Trees that are made read-only at the end, when what belongs in them is there. */
  readonly late: readonly { readonly slot: SlotName; readonly from: string }[];
  readonly expected: readonly ExpectedMount[];
}

/** Magic numbers of linux/magic.h, by type. */
export const fileSystemMagics: Readonly<Record<string, number>> = {
  proc: 0x9fa0,
  tmpfs: 0x01021994,
  overlay: 0x794c7630,
  devpts: 0x1cd1,
  mqueue: 0x19800202,
  sysfs: 0x62656572,
  cgroup2: 0x63677270,
};

/** MOUNT_ATTR_* → ST_* of statvfs(3), for those that a mount must keep. */
const required = [
  { has: attr.readonly, flag: 1 },
  { has: attr.nosuid, flag: 2 },
  { has: attr.nodev, flag: 4 },
  { has: attr.noexec, flag: 8 },
  { has: attr.noatime, flag: 1024 },
  { has: attr.nodiratime, flag: 2048 },
  { has: attr.nosymfollow, flag: 8192 },
] as const;

/** Makes every mount of the list, in order, and tells what there is to do about them later. */
export function planMounts(tree: TreeContext, mounts: readonly MountEntry[]): MountedTree {
  const late: { slot: SlotName; from: string }[] = [];
  let devpts: SlotName | undefined;
  for (const given of mounts) {
    const mount = tree.options.bindsStay === true && isInBind(mounts, given) ? { ...given, exists: true } : given;
    if (mount.type === "bind") planBind(tree, mount);
    else if (mount.type === "cgroup" && tree.facts.cgroup.mode !== "v2") planCgroupV1Mount(tree, mount);
    else if (needsCgroupBind(tree, mount))
      planBind(tree, asHostBind(mount, tree.facts.cgroup.v2Root ?? "/sys/fs/cgroup"));
    else if (needsSysBind(tree, mount)) planBind(tree, asSysBind(mount));
    else {
      const kept = planFileSystem(tree, mount);
      if (mount.type === "devpts") devpts = mount.slot;
      if (kept === "late") late.push({ slot: mount.slot, from: mount.pointer });
    }
  }
  for (const slot of tree.idmaps.values()) tree.draft.add({ op: "close", phase: "host", slot });
  return { devpts, late, expected: listExpected(mounts) };
}

/** Whether a mount point is of something that is bound, or of an overlay: of the last mount before that covers its path. */
function isInBind(mounts: readonly MountEntry[], { destination, slot }: MountEntry): boolean {
  const before = mounts.slice(
    0,
    mounts.findIndex((mount) => mount.slot === slot),
  );
  const type = before.findLast((mount) => isBeneath(destination, mount.destination))?.type;
  return type === "bind" || type === "overlay";
}

/** In a user namespace that has no cgroup namespace of its own, cgroup2 cannot be mounted: the host's is bound, as in runc. */
function needsCgroupBind({ namespaces, facts }: TreeContext, { type }: MountEntry): boolean {
  if (type !== "cgroup" && type !== "cgroup2") return false;
  return (
    facts.cgroup.v2Root !== undefined && !namespaces.has("cgroup") && (namespaces.has("user") || !facts.initialUserns)
  );
}

/**
 * The kernel makes a sysfs only for who owns the network namespace that it shows: not in a new user namespace with a network
 * that was there before. The host's is bound, as in crun.
 */
function needsSysBind({ namespaces: { made, joined } }: TreeContext, { type }: MountEntry): boolean {
  const areJoined = joined.some((one) => one.type === "user") && joined.some((one) => one.type === "network");
  const hasUser = made.has("user") || joined.some((one) => one.type === "user");
  return type === "sysfs" && hasUser && !made.has("network") && !areJoined;
}

/** What is mounted beneath the host's /sys has the attributes of the mount too: a new sysfs has nothing beneath. */
function asSysBind(mount: MountEntry): MountEntry {
  const { own, deep } = mount.options;
  const all = { set: own.set | deep.set, clear: (own.clear & ~deep.set) | deep.clear };
  return asHostBind({ ...mount, options: { ...mount.options, deep: all } }, "/sys");
}

function asHostBind(mount: MountEntry, source: string): MountEntry {
  return { ...mount, source, options: { ...mount.options, bind: "rbind" } };
}

/** A tmpfs, and whatever is at /dev, is filled before it becomes read-only. */
function isLate({ type, destination, options }: MountEntry): boolean {
  return (type === "tmpfs" || destination === "/dev") && ((options.own.set | options.deep.set) & attr.readonly) !== 0;
}

function planFileSystem(tree: TreeContext, mount: MountEntry): "late" | "kept" | "moved" {
  const { draft } = tree;
  const { slot, options, pointer: from } = mount;
  const late = isLate(mount);
  const attrs = (options.own.set | options.deep.set) & ~(late ? attr.readonly : 0);
  const isLaunchers = slot === tree.launcherDev?.slot;
  const phase = isLaunchers ? "host" : "inside";
  const words = options.data.map(({ option }) => option);
  const own = isLaunchers ? hostOwners(tree.config, words) : words;
  const data = [...own, ...labelOption(tree, mount.type, own)];
  checkOwners(tree, mount);
  const layers = planLayers(tree, mount);
  draft.add({
    op: "make-fs",
    phase,
    type: mount.type === "cgroup" ? "cgroup2" : mount.type,
    source: mount.source,
    ...(data.length > 0 ? { options: data } : {}),
    attrs,
    ...(mount.type === "proc" && tree.pidns !== undefined ? { pidns: tree.pidns } : {}),
    ...(layers === undefined ? {} : { at: layers }),
    out: slot,
    from,
    why: `a new ${mount.type} for ${mount.destination}`,
  });
  closeLayers(tree, mount, layers);
  planTreeLabel(tree, mount.type, slot);
  const word = options.propagation;
  // A new file system is private already.
  if (word !== undefined && word.value !== propagation.private && word.value !== propagation.slave)
    setMount(draft, { phase: "inside", tree: slot, propagation: word.value, from });
  const keep = late || mount.type === "devpts";
  planAttach(tree, mount, 0, keep);
  if (late) return "late";
  return keep ? "kept" : "moved";
}

/** `uid=` and `gid=` of a file system are ids of the container: unmapped ones fail with a bare EINVAL. */
function checkOwners({ config, namespaces, issues }: TreeContext, mount: MountEntry): void {
  if (!namespaces.made.has("user")) return;
  for (const { option, pointer } of mount.options.data) {
    const found = /^(uid|gid)=(\d+)$/.exec(option);
    if (found === null) continue;
    const mappings = found[1] === "uid" ? config.linux?.uidMappings : config.linux?.gidMappings;
    if (!isMapped(Number(found[2]), mappings ?? []))
      issues.invalid(
        pointer,
        `${quote(option)}: ${found[2]} is not in ${found[1]}Mappings, so it is no id of the container`,
      );
  }
}

/** What can still be seen at the end, with the flags that it was asked to have. */
function listExpected(mounts: readonly MountEntry[]): readonly ExpectedMount[] {
  // A later mount on a path or above it hides what was there: asked from the end, so that each mount is looked at once.
  const later = new Set<string>();
  const visible = mounts.toReversed().filter(({ destination }) => {
    const isHidden = withParents(destination).some((path) => later.has(path));
    later.add(destination);
    return !isHidden;
  });
  return visible.toReversed().map((mount) => {
    const { own, deep } = mount.options;
    // The recursive words come after the others: `rrw` takes back what `ro` has set.
    const set = (own.set & ~deep.clear) | deep.set;
    const require = required.reduce((sum, { has, flag }) => ((set & has) === has ? sum | flag : sum), 0);
    const magic =
      mount.type === "bind" && mount.destination === "/proc" ? fileSystemMagics.proc : fileSystemMagics[mount.type];
    return { destination: mount.destination, magic: magic ?? 0, require, from: mount.pointer };
  });
}
