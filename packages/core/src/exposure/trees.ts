// Follows the slots of a plan, to tell which mounts the container gets, of what, and with which attributes.

import { hasDotDot, isBeneath, joinPath } from "../paths.ts";
import type { ProcessIdentity } from "../plan/index.ts";
import type { OpOf, Plan, PlanOp, SlotName } from "../wire/op.ts";
import { checkChange, checkParameters, cloneTree, makeFs, setMount } from "./clones.ts";
import type { Doubt, Place } from "./find.ts";
import { originsOf, placeOf } from "./find.ts";
import type { AllowedPath } from "./landlock.ts";
import type { Cover, DeviceNode, Location, MountView } from "./mounts.ts";
import { isReadonly } from "./mounts.ts";
import type { NamespaceWalk } from "./namespaces.ts";
import type { Walk } from "./slots.ts";
import { beneath, deviceOf, doubt, locate, nowhere, stepOpen } from "./slots.ts";

/** The tree that a container gets. */
export interface TreeView {
  /** What `attach-root` attached; undefined where nothing is. */
  readonly root: MountView | undefined;
  /** What is attached, the root first. */
  readonly mounts: readonly MountView[];
  readonly covers: readonly Cover[];
  /** Paths that are kept from the program in trees that it may write. */
  readonly guarded: readonly string[];
  readonly nodes: readonly DeviceNode[];
  /** What the rules of a Landlock ruleset name. */
  readonly allowed: readonly AllowedPath[];
  /** How the root becomes the root: `none` where nothing does. */
  readonly transition: "pivot" | "chroot" | "none";
  readonly transitionAt: Place;
  readonly doubts: readonly Doubt[];
}

/** What is known of a plan besides its ops. */
export interface Known {
  readonly inputs: Readonly<Record<SlotName, string>>;
  readonly linkless: readonly SlotName[];
  readonly container?: ProcessIdentity | undefined;
}

/** A copy of the host's root that covers it, before the container has a root: `enter-tree` goes there, and the pivot takes it away. */
function isCoverOfHost({ trees }: Walk, slot: SlotName, target: Location): boolean {
  const tree = trees.get(slot);
  const isWhole = ({ root, path }: Location): boolean => root === "host" && path === "/";
  return tree?.source !== undefined && tree.recursive && isWhole(tree.source) && isWhole(target);
}

function attach(walk: Walk, slot: SlotName, target: Location, at: Place): void {
  const tree = walk.trees.get(slot);
  if (tree === undefined || walk.mounts.includes(tree)) {
    doubt(walk, at, "what is attached here is not known");
    return;
  }
  if (isCoverOfHost(walk, slot, target)) return;
  if (target.root !== "container") {
    doubt(walk, at, "a mount is attached outside of the container's tree");
    return;
  }
  if (target.path === "/") doubt(walk, at, "a mount covers the container's root");
  if (tree.type === "bind" && tree.source?.root === "container")
    doubt(walk, at, `what the container has at ${tree.source.path} is attached once more`);
  tree.destination = target.path;
  walk.mounts.push(tree);
  walk.locations.set(slot, { root: "container", path: target.path, followsLinks: false });
  // What is covered is covered where it was: not what comes on top of that.
  walk.covers.splice(0, walk.covers.length, ...walk.covers.filter(({ path }) => !isBeneath(path, target.path)));
}

function attachRoot(walk: Walk, slot: SlotName, at: Place): void {
  const tree = walk.trees.get(slot);
  if (tree === undefined || walk.mounts.length > 0) {
    doubt(walk, at, "what becomes the root is not known");
    return;
  }
  tree.destination = "/";
  walk.mounts.push(tree);
  walk.locations.set(slot, { root: "container", path: "/", followsLinks: false });
}

/** Something in the container's tree: what is made or covered there is nobody else's. */
function inContainer(walk: Walk, slot: SlotName, path: string, at: Place): Location {
  const found = beneath(walk, slot, path);
  if (found.root !== "container") doubt(walk, at, `${path} is not in the container's tree`);
  return found;
}

/** Something that a program looks up. Without a root transition that is in the host's tree, of which `transition` tells. */
function inRoot(walk: Walk, slot: SlotName, path: string, at: Place): void {
  if (walk.transition !== "none" || locate(walk, slot).root !== "host") inContainer(walk, slot, path, at);
}

/** What is made in a bind of the host is made on the host, if the bind can be written then. */
function make(walk: Walk, slot: SlotName, path: string, at: Place): void {
  const { path: made } = inContainer(walk, slot, path, at);
  const mount = walk.mounts.findLast(({ destination }) => isBeneath(made, destination));
  if (mount !== undefined && mount.destination !== made && !isReadonly(mount)) mount.written = true;
}

/** A node, in the container's tree or in a file system that is attached later. */
function makeNode(walk: Walk, op: OpOf<"make-node">, at: Place): void {
  const device = deviceOf(op.mode, op.major, op.minor);
  const isLater = locate(walk, op.at).root === "new";
  if (!isLater) make(walk, op.at, op.path, at);
  if (device !== undefined) walk.nodes.push({ ...device, path: op.path, at, ...(isLater ? { tree: op.at } : {}) });
}

/** The nodes with their paths in the container. */
function placeNodes({ nodes, trees }: Walk): readonly DeviceNode[] {
  return nodes.map(({ tree, path, ...node }) => ({
    ...node,
    path: tree === undefined ? path : joinPath(trees.get(tree)?.destination ?? "", path),
  }));
}

function cover(walk: Walk, kind: Cover["kind"], slot: SlotName, path: string, at: Place): void {
  // If something on the way is missing, nothing is covered.
  if (hasDotDot(path)) doubt(walk, at, `where ${path} leads is not known`);
  walk.hasMasks ||= kind === "mask";
  walk.covers.push({ kind, path: inContainer(walk, slot, path, at).path });
}

/** Ops that make mounts. */
function stepMount(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "clone-tree":
      cloneTree(walk, op, at);
      break;
    case "make-fs":
      makeFs(walk, op, at);
      break;
    case "set-mount":
      setMount(walk, op, at);
      break;
    case "attach":
      attach(walk, op.tree, locate(walk, op.target), at);
      break;
    case "attach-root":
      attachRoot(walk, op.tree, at);
      break;
    case "enter-tree":
      if (!isCoverOfHost(walk, op.tree, { root: "host", path: "/", followsLinks: false }))
        doubt(walk, at, "the root directory becomes something else than a copy of the host's");
      walk.locations.set(op.tree, { root: "host", path: "/", followsLinks: false });
      break;
    default:
  }
}

/** Ops that make, cover or read something by its name in the container's tree. */
function stepNames(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "mount-point":
      if (Number(op.kind) !== mustExist) make(walk, op.at, op.path, at);
      break;
    case "make-node":
      makeNode(walk, op, at);
      break;
    case "make-link":
    case "make-file":
      make(walk, op.at, op.path, at);
      break;
    case "mask":
      cover(walk, "mask", op.root, op.path, at);
      break;
    case "readonly-path":
      cover(walk, "readonly", op.root, op.path, at);
      break;
    case "guard-path":
      if (Number(op.readonly) !== 0) cover(walk, "readonly", op.root, op.path, at);
      walk.guarded.push(inContainer(walk, op.root, op.path, at).path);
      break;
    case "change-dir":
      inRoot(walk, op.root, op.path, at);
      break;
    case "allow-path":
      walk.allowed.push({ where: locate(walk, op.object), access: Number(op.access), at });
      break;
    case "set-hostname":
    case "set-domainname":
      checkChange(walk, op.op, ["uts"], at);
      break;
    case "loopback-up":
      checkChange(walk, op.op, ["network"], at);
      break;
    case "sysctl":
      checkParameters(walk, op, at);
      break;
    case "find-home":
      inRoot(walk, op.root, "etc/passwd", at);
      break;
    case "copy-mode":
      inContainer(walk, op.source, op.path ?? ".", at);
      break;
    case "copy-up":
      if (locate(walk, op.source).root !== "container") doubt(walk, at, "files of the host are copied");
      break;
    case "pivot":
    case "chroot":
      walk.transition = op.op;
      walk.transitionAt = at;
      break;
    default:
  }
}

const mustExist = 2;

/** Follows a plan's slots. */
export function readTree(plan: Plan, namespaces: NamespaceWalk, { inputs, linkless }: Known): TreeView {
  const walk: Walk = {
    inputs,
    linkless: new Set(linkless),
    origins: originsOf(plan),
    namespaces,
    locations: new Map(),
    sources: new Map(),
    trees: new Map(),
    mounts: [],
    covers: [],
    guarded: [],
    nodes: [],
    allowed: [],
    doubts: [],
    hasMasks: false,
    cwd: nowhere,
    joined: undefined,
    transition: "none",
    transitionAt: {},
  };
  plan.ops.forEach((op, index) => {
    const at = placeOf(op, index);
    stepOpen(walk, op, index, at);
    stepMount(walk, op, at);
    stepNames(walk, op, at);
  });
  const { mounts, covers, guarded, allowed, transition, transitionAt, doubts } = walk;
  return {
    root: mounts.find(({ destination }) => destination === "/"),
    mounts,
    covers,
    guarded,
    nodes: placeNodes(walk),
    allowed,
    transition,
    transitionAt,
    doubts,
  };
}
