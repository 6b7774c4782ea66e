// Ops that make a tree, or change what is set of one.
import type { LinuxNamespaceType } from "@coffer/spec";
import { cleanPath, isBeneath } from "../paths.ts";
import { attr, propagation } from "../plan/index.ts";
import type { OpOf, SlotName } from "../wire/op.ts";
import type { Place } from "./find.ts";
import type { Tree, Walk } from "./slots.ts";
import { doubt, locate, nowhere } from "./slots.ts";

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
    isPeer: false,
    followsLinks: false,
    written: false,
    at,
    ...rest,
  };
}

export function cloneTree(walk: Walk, op: OpOf<"clone-tree">, at: Place): void {
  const from = walk.sources.get(op.source);
  const source = locate(walk, op.source);
  const isTerminal = ["open-ptmx", "open-peer"].includes(walk.origins.get(op.source) ?? "");
  walk.trees.set(
    op.out,
    newTree(from?.at ?? at, {
      source,
      recursive: Number(op.recursive) !== 0,
      propagation: Number(op.propagation),
      isPeer: Number(op.propagation) === propagation.keep,
      followsLinks: source.followsLinks,
      ...(isTerminal ? { type: "terminal" } : {}),
      ...(from?.device === undefined ? {} : { device: from.device }),
    }),
  );
  walk.locations.set(op.out, source);
}

/** Which options say only how a new file system looks; others may lead to something of the host. `any`: all of them. */
const plainOptions: Readonly<Record<string, readonly string[] | "any">> = {
  proc: ["hidepid", "subset", "gid"],
  sysfs: [],
  tmpfs: "any",
  ramfs: "any",
  devpts: ["newinstance", "ptmxmode", "mode", "gid", "uid", "max"],
  mqueue: [],
  cgroup2: ["nsdelegate", "memory_localevents", "memory_recursiveprot"],
  cgroup: [
    ...["none", "name", "xattr", "cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio"],
    ...["net_cls", "net_prio", "perf_event", "hugetlb", "rdma", "misc"],
  ],
};
const labels: ReadonlySet<string> = new Set(["context", "fscontext", "defcontext", "rootcontext"]);

/** Whose namespace of which type such a file system shows: that of who makes it. */
const shows: Readonly<Record<string, LinuxNamespaceType>> = {
  proc: "pid",
  sysfs: "network",
  mqueue: "ipc",
  cgroup: "cgroup",
  cgroup2: "cgroup",
};

/** Whether a new file system of a type has nothing but what the kernel makes for it. */
export function isEmptyType(type: string): boolean {
  return Object.hasOwn(plainOptions, type);
}

/** Whether all layers of an overlay are in the container already, by names that lead nowhere else. */
function isLayered(walk: Walk, { type, at, options = [] }: OpOf<"make-fs">): boolean {
  if (type !== "overlay" || at === undefined || locate(walk, at).root !== "container") return false;
  return options.every((option) => option === "userxattr" || /^(?:lower|upper|work)dir=[a-z]+$/.test(option));
}

export function makeFs(walk: Walk, op: OpOf<"make-fs">, at: Place): void {
  const { type, options = [] } = op;
  const layered = isLayered(walk, op) ? { isLayered: true as const } : {};
  walk.trees.set(op.out, newTree(at, { type, options, own: Number(op.attrs), ...layered }));
  walk.locations.set(op.out, { root: "new", path: "/", followsLinks: false });
  const plain = Object.hasOwn(plainOptions, type) ? plainOptions[type] : "any";
  const strange = options.find((option) => {
    const key = option.split("=", 1)[0] ?? "";
    return plain !== "any" && !labels.has(key) && plain?.includes(key) !== true;
  });
  if (strange !== undefined) doubt(walk, at, `what the option ${strange} of a ${type} does is not known`);
  const shown = Object.hasOwn(shows, type) ? shows[type] : undefined;
  if (shown !== undefined && !(type === "proc" && isProcesses(walk, op.pidns)))
    checkNamespaces(walk, `a ${type}`, [shown], at);
}

/** Whether a pid namespace is the one that the process is in at the end, as the child of who has joined it. */
function isProcesses({ namespaces }: Walk, pidns: SlotName | undefined): boolean {
  return pidns !== undefined && namespaces.final.pid.slot === pidns;
}

/** What concerns namespaces that the process is not in at the end is somebody else's. */
export function checkNamespaces(walk: Walk, what: string, types: readonly LinuxNamespaceType[], at: Place): void {
  const now = walk.namespaces.before[at.op ?? 0];
  for (const type of types)
    if (now?.[type] !== walk.namespaces.final[type])
      doubt(walk, at, `${what} is for another ${type} namespace than the process's`);
}

/** What is changed of a namespace must not be changed of the host's. */
export function checkChange(walk: Walk, what: string, types: readonly LinuxNamespaceType[], at: Place): void {
  checkNamespaces(walk, what, types, at);
  for (const type of types)
    if (walk.namespaces.final[type].whose === "host") doubt(walk, at, `${what} changes the host's ${type} namespace`);
}

/** The namespace that a kernel parameter belongs to; undefined for what is the whole machine's, which an audit tells. */
function parameterOf(key: string): LinuxNamespaceType | undefined {
  if (/^net\//.test(key)) return "network";
  if (/^(?:kernel\/(?:msg|sem|shm)|fs\/mqueue\/)/.test(key)) return "ipc";
  return /^kernel\/(?:hostname|domainname)$/.test(key) ? "uts" : undefined;
}

/** Every mount that a change of a tree reaches. */
function reached(walk: Walk, tree: Tree, isDeep: boolean): readonly Tree[] {
  if (!isDeep || !walk.mounts.includes(tree)) return [tree];
  return [tree, ...walk.mounts.filter((one) => one !== tree && isBeneath(one.destination, tree.destination))];
}

export function setMount(walk: Walk, op: OpOf<"set-mount">, at: Place): void {
  const tree = walk.trees.get(op.tree);
  const [set, clear, spread] = [Number(op.set) & ~attr.idmap, Number(op.clear), Number(op.propagation)];
  const isDeep = Number(op.recursive) !== 0;
  const isOfMasks = walk.origins.get(op.tree) === "make-masks";
  // Init attaches the masks' file system itself with the first mask; later masks are clones of that mount.
  if ((isOfMasks || (isDeep && walk.hasMasks)) && (clear & attr.readonly) !== 0)
    doubt(walk, at, "masks can be written");
  if (tree === undefined) {
    if (!isOfMasks) doubt(walk, at, "the mount that is changed is not known");
    return;
  }
  for (const one of reached(walk, tree, isDeep)) {
    one.own = (one.own & ~clear) | set;
    if (isDeep) one.deep = (one.deep & ~clear) | set;
    if (spread !== 0) one.propagation = spread;
    if (spread !== propagation.keep && spread !== propagation.shared) one.isPeer = false;
    if (op.userns !== undefined) one.idmapped = true;
  }
  // What masks and covers is a mount too.
  if (isDeep && (clear & attr.readonly) !== 0)
    walk.covers.splice(0, walk.covers.length, ...walk.covers.filter(({ path }) => !isBeneath(path, tree.destination)));
}

/** The directory that kernel parameters are written beneath: `sys` of a procfs of the plan's own. */
export function checkParameters(walk: Walk, op: OpOf<"sysctl">, at: Place): void {
  const found = walk.locations.get(op.parameters) ?? nowhere;
  if (found.root !== "new" || found.path !== "/sys")
    doubt(walk, at, "the directory of the kernel parameter is not that of a new proc");
  const type = parameterOf(cleanPath(op.key).slice(1));
  if (type !== undefined) checkChange(walk, "sysctl", [type], at);
}
