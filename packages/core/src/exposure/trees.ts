// Follows the slots of a plan, to tell which mounts the container gets, of what, and with which attributes.
import { attr } from "../plan/mount-words.ts";
import type { OpOf, Plan, PlanOp, SlotName } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { placeOf } from "./find.ts";
import type { Cover, MountView } from "./mounts.ts";
import type { Tree, Walk } from "./slots.ts";
import { beneath, locate, nowhere, stepOpen } from "./slots.ts";

/** The tree that a container gets. */
export interface TreeView {
  /** What is attached, the root first. */
  readonly mounts: readonly MountView[];
  readonly covers: readonly Cover[];
  /** How the root becomes the root: `none` where nothing does. */
  readonly transition: "pivot" | "chroot" | "none";
  readonly transitionAt: Place;
}

function newTree(at: Place, rest: Partial<Tree>): Tree {
  return {
    destination: "",
    type: "bind",
    source: undefined,
    options: [],
    recursive: false,
    own: 0,
    deep: 0,
    idmapped: false,
    propagation: 1,
    followsLinks: false,
    at,
    ...rest,
  };
}

function cloneTree(walk: Walk, op: OpOf<"clone-tree">, at: Place): void {
  const from = walk.sources.get(op.source);
  const location = locate(walk, op.source);
  const tree = newTree(from?.at ?? at, {
    source: location,
    recursive: Number(op.recursive) !== 0,
    propagation: Number(op.propagation),
    followsLinks: from?.followsLinks ?? false,
    ...(walk.terminals.has(op.source) ? { type: "terminal" } : {}),
    ...(from?.device === undefined ? {} : { device: from.device }),
  });
  walk.trees.set(op.out, tree);
}

function setMount(walk: Walk, op: OpOf<"set-mount">): void {
  const tree = walk.trees.get(op.tree);
  if (tree === undefined) return;
  const [set, clear, spread] = [Number(op.set), Number(op.clear), Number(op.propagation)];
  tree.own = (tree.own & ~clear) | (set & ~attr.idmap);
  if (Number(op.recursive) !== 0) tree.deep = (tree.deep & ~clear) | (set & ~attr.idmap);
  if (spread !== 0) tree.propagation = spread;
  if (op.userns !== undefined) tree.idmapped = true;
}

function attach(walk: Walk, slot: SlotName, destination: string): void {
  const tree = walk.trees.get(slot);
  if (tree === undefined) return;
  tree.destination = destination;
  walk.mounts.push(tree);
  walk.locations.set(slot, { root: "container", path: destination });
}

/** A copy of the host's own root in the way of the pivot, which takes it away. */
function enterTree(walk: Walk, slot: SlotName): void {
  const tree = walk.trees.get(slot);
  walk.mounts.splice(0, walk.mounts.length, ...walk.mounts.filter((mount) => mount !== tree));
  walk.locations.set(slot, { root: "host", path: "/" });
}

function cover(walk: Walk, kind: Cover["kind"], op: OpOf<"mask" | "readonly-path">): void {
  walk.covers.push({ kind, path: beneath(walk, op.root, op.path).path });
}

/** Ops that make mounts. */
function stepMount(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "clone-tree":
      cloneTree(walk, op, at);
      break;
    case "make-fs":
      walk.trees.set(op.out, newTree(at, { type: op.type, options: op.options ?? [], own: Number(op.attrs) }));
      break;
    case "set-mount":
      setMount(walk, op);
      break;
    case "attach":
      attach(walk, op.tree, locate(walk, op.target).path);
      break;
    case "attach-root":
      attach(walk, op.tree, "/");
      break;
    case "enter-tree":
      enterTree(walk, op.tree);
      break;
    case "mask":
      cover(walk, "mask", op);
      break;
    case "readonly-path":
      cover(walk, "readonly", op);
      break;
    case "pivot":
    case "chroot":
      walk.transition = op.op;
      walk.transitionAt = at;
      break;
    default:
  }
}

/** Follows a plan's slots. `inputs`: the paths of inputs, as far as they are known. */
export function readTree(plan: Plan, inputs: Readonly<Record<SlotName, string>>): TreeView {
  const walk: Walk = {
    inputs,
    locations: new Map(),
    sources: new Map(),
    trees: new Map(),
    mounts: [],
    covers: [],
    terminals: new Set(),
    cwd: nowhere,
    joined: false,
    transition: "none",
    transitionAt: {},
  };
  plan.ops.forEach((op, index) => {
    stepOpen(walk, op, placeOf(op, index));
    stepMount(walk, op, placeOf(op, index));
  });
  const { mounts, covers, transition, transitionAt } = walk;
  return { mounts, covers, transition, transitionAt };
}
