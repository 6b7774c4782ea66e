import { linklessPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { resolveModes } from "../../wire/tables/op-table.ts";
import { workDirSlot } from "../create/work-dir.ts";
import { planMountIds } from "../ids/mapped-mounts.ts";
import { isSharedBind, isTied, planAttach } from "./attach.ts";
import type { MountEntry } from "./mount-list.ts";
import type { AttrChange } from "./mount-options.ts";
import { propagation } from "./mount-words.ts";
import type { TreeContext } from "./mounts.ts";
import { entersRootfs } from "./rootfs.ts";
import { setMount } from "./set-mount.ts";

/** What of the host is cloned. */
export interface HostClone {
  readonly slot: SlotName;
  readonly source: string;
  readonly phase: "host" | "inside";
  readonly recursive: boolean;
  /** 1 private, 2 slave: a clone of a shared mount is its peer until then. 0: it stays a peer, as the config asks. */
  readonly propagation: 0 | 1 | 2;
  /** Private where it is on the mount of the root directory. */
  readonly apart?: boolean;
  readonly from: string;
  readonly device?: { readonly type: number; readonly major: number; readonly minor: number };
  readonly why?: string;
  /** Where it is attached. */
  readonly destination?: string;
}

/** Opens something of the host and clones its mount, detached and cut off from its peers. */
export function planHostClone({ draft, roots, options }: TreeContext, clone: HostClone): void {
  const { slot, phase, from } = clone;
  const isWorkDir = clone.destination === (options.workDirAt ?? clone.source);
  const given = isWorkDir ? workDirSlot(options, clone.source, phase) : undefined;
  if (given === undefined) planHostSource({ draft, roots, options }, clone);
  draft.add({
    op: "clone-tree",
    phase,
    ...(clone.apart === true ? { flags: ["apart"] as const } : {}),
    source: given ?? sourceSlot(slot),
    recursive: clone.recursive ? 1 : 0,
    propagation: clone.propagation,
    out: slot,
    from,
  });
}

const sourceSlot = (slot: SlotName): SlotName => `${slot}-source`;

function planHostSource(
  { draft, roots, options }: Pick<TreeContext, "draft" | "roots" | "options">,
  clone: HostClone,
): void {
  const { slot, phase, from, device, why } = clone;
  const held = options.sources?.[clone.source];
  const strict = held !== undefined || (options.sourceLinks === false && device === undefined);
  const path = held?.path ?? clone.source;
  draft.add({
    op: "open-object",
    phase,
    at: held?.at === "bundle" ? draft.input("bundle", "dir") : roots.of(phase),
    path: strict ? linklessPath(path) : path,
    resolve: strict ? resolveModes["no-symlinks"] : 0,
    type: device?.type ?? 0,
    major: device?.major ?? 0,
    minor: device?.minor ?? 0,
    out: sourceSlot(slot),
    from,
    ...(why === undefined ? {} : { why }),
  });
}

/** A bind mount: clone, attributes, id map, propagation, attach. */
export function planBind(tree: TreeContext, mount: MountEntry): void {
  const { slot, options, pointer: from } = mount;
  // Only the launcher has the right to map the ids of a mount of the host.
  const mapped = mount.uids.length > 0 || mount.joinsIds === true;
  // A descriptor of the launcher's mount namespace cannot be cloned in another.
  const isOfBundle = tree.options.sources?.[mount.source]?.at === "bundle";
  // What init clones is no peer of the host's any more.
  const isPeer = isSharedBind(tree, mount);
  const phase = mapped || isTied(tree, mount) || isOfBundle ? "host" : tree.cloneIn;
  const word = options.propagation;
  const isCut = word?.value === propagation.private || word?.value === propagation.unbindable || cutsAll(tree);
  planHostClone(tree, {
    slot,
    source: mount.source,
    phase,
    recursive: options.bind === "rbind",
    propagation: isPeer ? 0 : isCut ? 1 : 2,
    apart: !isCut && entersRootfs(tree),
    from,
    why: `what is bound on ${mount.destination}`,
    destination: mount.destination,
  });
  setAttrs(tree, mount, phase, options.own, false);
  setAttrs(tree, mount, phase, options.deep, true);
  if (mapped) planMountIds(tree, mount);
  if (word?.value === propagation.shared || word?.value === propagation.unbindable)
    setMount(tree.draft, {
      phase,
      tree: slot,
      propagation: word.value,
      recursive: word.recursive ? 1 : 0,
      from: `${from}/options`,
    });
  planAttach(tree, mount, mount.isFile ? 1 : 0);
}

/** Whether all mounts of the host are private before anything is bound. For a user namespace the launcher binds, which cannot do that. */
function cutsAll({ config }: TreeContext): boolean {
  const word = config.linux?.rootfsPropagation;
  return word === "rprivate" || word === "runbindable";
}

function setAttrs(
  { draft }: TreeContext,
  { slot, pointer }: MountEntry,
  phase: "host" | "inside",
  { set, clear }: AttrChange,
  recursive: boolean,
): void {
  if (set === 0 && clear === 0) return;
  setMount(draft, { phase, tree: slot, set, clear, recursive: recursive ? 1 : 0, from: `${pointer}/options` });
}
