// `/linux/devices` with a user namespace: the launcher makes the tmpfs of `/dev` and the nodes in it. The kernel lets nobody make
// a device in a user namespace, and what the host has may be missing, or have another owner and mode than the config asks for.
import type { Config, LinuxIdMapping } from "@coffer/spec";
import { isBeneath, withParents } from "../../../paths.ts";
import type { SlotName } from "../../../wire/op.ts";
import { hostId, isMapped, setupId } from "../../ids/ids.ts";
import type { MountEntry } from "../mount-list.ts";
import type { TreeContext } from "../mounts.ts";
import type { DeviceNode } from "./node.ts";
import { nodeTypes } from "./node.ts";

const dev = "/dev";
const directory = 0o040755;
/** CAP_MKNOD */
const mknodCap = 27n;

/** Whether the caller may make devices: in the first user namespace only. */
export function canMakeDevices({ facts }: Pick<TreeContext, "facts">): boolean {
  return facts.initialUserns && ((facts.capabilities >> mknodCap) & 1n) === 1n;
}

/** The tmpfs that the launcher makes, and the nodes that it fills it with. */
export interface LauncherDev {
  readonly slot: SlotName;
  readonly nodes: ReadonlySet<DeviceNode>;
}

/**
 * What of `/linux/devices` the launcher makes. The rest is bound: the default devices, as in runc and crun, nodes elsewhere or
 * beneath another mount of the config, and those with an owner that is not mapped. Undefined without any such node.
 */
export function launcherDev(
  context: Pick<TreeContext, "config" | "facts" | "namespaces">,
  mounts: readonly MountEntry[],
  nodes: readonly DeviceNode[],
): LauncherDev | undefined {
  const last = mounts.findLast(({ destination }) => destination === dev);
  const { config, facts, namespaces } = context;
  if (last?.type !== "tmpfs" || last.options.copyUp || !namespaces.made.has("user")) return undefined;
  if (!facts.privileged || !canMakeDevices(context)) return undefined;
  const { uids, gids } = idsOf(config);
  const covers = mounts.map(({ destination }) => destination).filter((to) => to !== dev && isBeneath(to, dev));
  const own = nodes.filter(
    ({ path, isDefault, uid, gid }) =>
      !isDefault &&
      path !== dev &&
      isBeneath(path, dev) &&
      isMapped(uid, uids) &&
      isMapped(gid, gids) &&
      !covers.some((to) => isBeneath(path, to)),
  );
  return own.length === 0 ? undefined : { slot: last.slot, nodes: new Set(own) };
}

interface Ids {
  readonly uids: readonly LinuxIdMapping[];
  readonly gids: readonly LinuxIdMapping[];
}

function idsOf({ linux }: Config): Ids {
  return { uids: linux?.uidMappings ?? [], gids: linux?.gidMappings ?? [] };
}

/** Options of a tmpfs with the host's ids for those of the container. The owner is who init is. */
export function hostOwners(config: Config, options: readonly string[]): readonly string[] {
  const { uids, gids } = idsOf(config);
  const maps = { uid: uids, gid: gids };
  const names = ["uid", "gid"] as const;
  const given = options.filter((option) => !names.some((name) => option.startsWith(`${name}=`)));
  const owners = names.map((name) => {
    const text = options.findLast((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
    const id = text === undefined ? setupId(maps[name]) : Number(text);
    return `${name}=${hostId(id, maps[name]) ?? text}`;
  });
  return [...given, ...owners];
}

/** Has the launcher make its nodes, with the host's ids for their owners. */
export function planLauncherNodes(tree: TreeContext, { slot, nodes }: LauncherDev): void {
  const { uids, gids } = idsOf(tree.config);
  const directories = new Set([dev, "/"]);
  for (const node of nodes) {
    for (const path of withParents(node.path).slice(1).toReversed()) {
      if (!directories.has(path)) addDirectory(tree, slot, path, node);
      directories.add(path);
    }
    const owner = { uid: hostId(node.uid, uids) ?? node.uid, gid: hostId(node.gid, gids) ?? node.gid };
    addNode(tree, slot, { ...node, ...owner }, nodeTypes[node.type] | node.mode);
  }
}

/** Makes a directory of who init is, for a node. */
function addDirectory(tree: TreeContext, at: SlotName, path: string, node: DeviceNode): void {
  const { uids, gids } = idsOf(tree.config);
  const [uid = 0, gid = 0] = [hostId(setupId(uids), uids), hostId(setupId(gids), gids)];
  addNode(tree, at, { ...node, path, major: 0, minor: 0, uid, gid }, directory);
}

function addNode({ draft }: TreeContext, at: SlotName, node: DeviceNode, mode: number): void {
  const { path, major, minor, uid, gid, from = "" } = node;
  draft.add({ op: "make-node", phase: "host", at, path: path.slice(dev.length), mode, major, minor, uid, gid, from });
}
