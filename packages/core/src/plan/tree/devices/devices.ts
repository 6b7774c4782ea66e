import type { LinuxDevice } from "@coffer/spec";
import { quote } from "../../../errors.ts";
import { foldDotDot, isBeneath, pointerTo } from "../../../paths.ts";
import { noId } from "../../ids/ids.ts";
import { planHostClone } from "../bind.ts";
import type { MountEntry } from "../mount-list.ts";
import { attr } from "../mount-words.ts";
import type { TreeContext } from "../mounts.ts";
import { setMount } from "../set-mount.ts";
import type { DevKind } from "./kind.ts";
import { isFilled, mountsInDev } from "./kind.ts";
import { canMakeDevices, planLauncherNodes } from "./launcher-dev.ts";
import type { DeviceNode } from "./node.ts";
import { nodeTypes } from "./node.ts";

/** The devices of the runtime spec that every container has: path, major, minor. */
const defaultDevices: readonly (readonly [string, number, number])[] = [
  ["/dev/null", 1, 3],
  ["/dev/zero", 1, 5],
  ["/dev/full", 1, 7],
  ["/dev/random", 1, 8],
  ["/dev/urandom", 1, 9],
  ["/dev/tty", 5, 0],
];

const ptmx = "/dev/ptmx";
const maxMajor = 0xfff;
const maxMinor = 0xfffff;

/** The nodes to make: the default ones, and those of `/linux/devices`, which win over a default one at the same path. */
export function listDevices({ config, issues }: TreeContext, dev: DevKind): readonly DeviceNode[] {
  const nodes = new Map<string, DeviceNode>();
  if (isFilled(dev))
    for (const [path, major, minor] of defaultDevices)
      nodes.set(path, { path, type: "c", major, minor, mode: 0o666, uid: 0, gid: 0, isDefault: true });
  (config.linux?.devices ?? []).forEach((device, index) => {
    const from = pointerTo("/linux/devices", index);
    const node = readDevice(device, from, issues);
    if (node.path === ptmx && isFilled(dev)) {
      if (node.type !== "c" || node.major !== 5 || node.minor !== 2)
        issues.warn(`${from}/path`, `${ptmx} is a link to the container's own terminals: ignored`);
      return;
    }
    const other = nodes.get(node.path);
    if (other?.from !== undefined) {
      if (!isSame(other, node))
        issues.invalid(`${from}/path`, `${quote(node.path)} is there twice, as different devices`);
      else issues.warn(from, `${quote(node.path)} is there twice: ignored`);
      return;
    }
    nodes.set(node.path, { ...node, isDefault: other !== undefined && isSame(other, node) });
  });
  if (dev !== "bound") return [...nodes.values()];
  if (nodes.size > 0) issues.warn("/linux/devices", "ignored: a bind is on /dev, which keeps the devices that it has");
  return [];
}

function isSame(a: DeviceNode, b: DeviceNode): boolean {
  return a.type === b.type && a.major === b.major && a.minor === b.minor;
}

function readDevice(device: LinuxDevice, from: string, issues: TreeContext["issues"]): DeviceNode {
  const type = device.type === "b" || device.type === "p" ? device.type : "c";
  const major = device.major ?? 0;
  const minor = device.minor ?? 0;
  const path = foldDotDot(`/${device.path}`);
  if (path === "/") issues.invalid(`${from}/path`, "the root is no device");
  else if (!device.path.startsWith("/"))
    issues.warn(`${from}/path`, `${quote(device.path)} is relative: taken as ${quote(path)}`);
  if (type !== "p" && (device.major === undefined || device.minor === undefined))
    issues.invalid(from, `a device of type ${device.type} needs major and minor`);
  if (major < 0 || major > maxMajor) issues.invalid(`${from}/major`, `must be from 0 to ${maxMajor}, got ${major}`);
  if (minor < 0 || minor > maxMinor) issues.invalid(`${from}/minor`, `must be from 0 to ${maxMinor}, got ${minor}`);
  return {
    // A node is made beneath directories without links: no link can mean something else by "..".
    path,
    type,
    major: type === "p" ? 0 : major,
    minor: type === "p" ? 0 : minor,
    mode: device.fileMode ?? 0o666,
    uid: ownerOf(device.uid, `${from}/uid`, issues),
    gid: ownerOf(device.gid, `${from}/gid`, issues),
    isDefault: false,
    from,
  };
}

/** An owner that means "no change" to chown(2) leaves the one that a new node has: root. */
function ownerOf(id: number | undefined, pointer: string, issues: TreeContext["issues"]): number {
  if (id !== noId) return id ?? 0;
  issues.warn(pointer, `${id} is not an id: the owner is 0`);
  return 0;
}

/** Makes the nodes. Where the kernel lets nobody make a device, the launcher makes it, or the host's is bound. */
export function planDevices(tree: TreeContext, nodes: readonly DeviceNode[], mounts: readonly MountEntry[]): void {
  const { issues, launcherDev } = tree;
  const canMake = canMakeDevices(tree) && !tree.namespaces.has("user");
  const covered = mountsInDev(mounts);
  if (launcherDev !== undefined) planLauncherNodes(tree, launcherDev);
  nodes.forEach((node, index) => {
    if (launcherDev?.nodes.has(node) === true) return;
    if (!canMake && node.type !== "p") bindNode(tree, node, `device-${index}`);
    else if (!covered.has(node.path)) makeNode(tree, node);
    // What is bound on `/dev/random` stays.
    else if (node.from !== undefined)
      issues.warn(node.from, `${quote(node.path)} has a mount of /mounts: no device is made`);
  });
}

function makeNode({ draft, root }: TreeContext, node: DeviceNode): void {
  draft.add({
    op: "make-node",
    phase: "inside",
    at: root,
    path: node.path,
    mode: nodeTypes[node.type] | node.mode,
    major: node.major,
    minor: node.minor,
    uid: node.uid,
    gid: node.gid,
    ...(node.from === undefined ? { why: "a device that every container has" } : { from: node.from }),
  });
}

function bindNode(tree: TreeContext, node: DeviceNode, slot: string): void {
  const { draft, cloneIn, root } = tree;
  const from = node.from ?? "";
  planHostClone(tree, {
    slot,
    source: node.path,
    phase: cloneIn,
    recursive: false,
    propagation: 1,
    from,
    device: { type: nodeTypes[node.type], major: node.major, minor: node.minor },
    why: "the host's device: no node can be made in a user namespace",
  });
  setMount(draft, { phase: cloneIn, tree: slot, set: attr.nosuid | attr.noexec, from });
  const target = `${slot}-at`;
  draft.add({
    op: "mount-point",
    phase: "inside",
    at: root,
    path: node.path,
    kind: 1,
    mode: 0o666,
    resolve: 0,
    out: target,
    from,
  });
  draft.add({ op: "attach", phase: "inside", tree: slot, target, from });
}

/** The links that the spec wants in /dev, where nothing of the config is, nor beneath. */
export function planDevLinks({ draft, facts, root }: TreeContext, taken: readonly string[]): void {
  const links: readonly (readonly [string, string])[] = [
    ["/dev/fd", "/proc/self/fd"],
    ["/dev/stdin", "/proc/self/fd/0"],
    ["/dev/stdout", "/proc/self/fd/1"],
    ["/dev/stderr", "/proc/self/fd/2"],
    ...(facts.kcore ? ([["/dev/core", "/proc/kcore"]] as const) : []),
    [ptmx, "pts/ptmx"],
  ];
  for (const [path, target] of links)
    if (!taken.some((one) => isBeneath(one, path)))
      draft.add({ op: "make-link", phase: "inside", at: root, path, target, why: "a link that every container has" });
}
