// Small valid plans of each kind, and ways to change them: what the tests of this folder start from.

import type { OpOf, Plan, PlanOp } from "../wire/op.ts";
import type { Phase } from "../wire/tables/op-table.ts";
import { changesPlan } from "./_changed-cases.test.ts";

const newNamespaces = 0x6c020000; // mount, uts, ipc, pid, net
export const userNamespace = 0x10000000;
const pidNamespace = 0x20000000;
const allCaps = 0x1ffffffffffn;

/** A filter that allows everything: `ret ALLOW`. */
export const allowAll: Uint8Array = new Uint8Array([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]);

const last = (command: string): readonly PlanOp[] => [
  { op: "drop-bounding", phase: "drop", keep: allCaps },
  { op: "set-ids", phase: "drop", uid: 0, gid: 0, setGroups: 1, groups: new Uint8Array([10, 0, 0, 0]) },
  { op: "set-dumpable", phase: "drop", value: 0 },
  { op: "set-caps", phase: "drop", effective: 3, permitted: 7, inheritable: 1, ambient: 1 },
  { op: "set-no-new-privs", phase: "drop" },
  { op: "find-exec", phase: "drop", candidates: [command] },
];

const anyType = { type: 0, major: 0, minor: 0 } as const;

const unseen: PlanOp = { op: "set-dumpable", phase: "inside", value: 0 };

export const become: readonly PlanOp[] = [{ op: "become", phase: "inside", uid: 0, gid: 0 }, unseen];

const tree: readonly PlanOp[] = [
  { op: "isolate-mounts", phase: "inside", propagation: 2 },
  { op: "open-root", phase: "inside", out: "host-root" },
  { op: "open-dir", phase: "inside", at: "host-root", path: "srv/rootfs", resolve: 0, out: "rootfs-dir" },
  {
    op: "clone-tree",
    phase: "inside",
    source: "rootfs-dir",
    flags: ["keep"],
    recursive: 1,
    propagation: 2,
    out: "root",
  },
  { op: "attach-root", phase: "inside", tree: "root", target: "rootfs-dir" },
  { op: "mount-point", phase: "inside", at: "root", path: "proc", kind: 0, mode: 0o755, resolve: 0, out: "proc-point" },
  { op: "make-fs", phase: "inside", type: "proc", options: ["hidepid=2"], attrs: 14, out: "proc-tree" },
  { op: "attach", phase: "inside", tree: "proc-tree", target: "proc-point" },
  { op: "open-dir", phase: "inside", at: "host-root", path: "/usr", resolve: 0, out: "usr-dir" },
  { op: "clone-tree", phase: "inside", source: "usr-dir", recursive: 0, propagation: 1, out: "usr" },
  { op: "mount-point", phase: "inside", at: "root", path: "usr", kind: 0, mode: 0o755, resolve: 0, out: "usr-point" },
  { op: "attach", phase: "inside", tree: "usr", target: "usr-point" },
  { op: "close", phase: "inside", slot: "host-root" },
  { op: "sync", phase: "inside", number: 1 },
  { op: "pivot", phase: "inside", root: "root" },
  { op: "make-masks", phase: "rooted", out: "masks" },
  { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "proc/kcore", flags: ["absent-ok"] },
  { op: "expect-mount", phase: "rooted", root: "root", path: "proc", magic: 0x9fa0, require: 2 },
];

/** A container as root, in the foreground. */
export const createPlan: Plan = {
  kind: "create",
  inputs: [{ name: "extra", type: "file" }],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "clone", phase: "host", namespaces: newNamespaces, vfork: 1, out: "init" },
    { op: "set-oom-score", phase: "parent", proc: "proc", process: "init", score: -5 },
    { op: "release", phase: "parent" },
    { op: "sync", phase: "parent", number: 1 },
    { op: "await-exec", phase: "parent", process: "init" },
    { op: "wait", phase: "parent", process: "init" },
    unseen,
    ...tree,
    ...last("/bin/true"),
    { op: "place-fd", phase: "drop", fd: "extra", target: 3 },
    { op: "load-seccomp", phase: "exec", program: allowAll, filterFlags: 0 },
    { op: "exec", phase: "exec", args: ["/bin/true", ""], env: ["PATH=/bin"] },
  ],
};

/** The same in a user namespace, waiting at a gate. */
export const gatePlan: Plan = {
  kind: "create",
  inputs: [
    { name: "state", type: "dir" },
    { name: "extra", type: "file" },
  ],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "make-gate", phase: "host", state: "state", out: "gate" },
    { op: "clone", phase: "host", namespaces: newNamespaces | userNamespace, vfork: 0, out: "init" },
    { op: "write-idmap", phase: "parent", proc: "proc", process: "init", ...maps(), denySetgroups: 0 },
    { op: "record-process", phase: "parent", state: "state", proc: "proc", process: "init" },
    { op: "release", phase: "parent" },
    { op: "sync", phase: "parent", number: 1 },
    { op: "report", phase: "parent", process: "init", state: 1 },
    unseen,
    ...become,
    ...tree,
    ...last("/bin/true"),
    { op: "gate", phase: "gate", socket: "gate" },
    { op: "load-seccomp", phase: "exec", program: allowAll, filterFlags: 0 },
    { op: "exec", phase: "exec", args: ["/bin/true"] },
  ],
};

function maps(): { readonly uids: string; readonly gids: string } {
  return { uids: "0 1000 1\n1 100000 65536\n", gids: "0 1000 1" };
}

/** A process in a container that exists, with a terminal. Its filter takes CAP_SYS_ADMIN, and may forbid a fork: it forks first. */
export const joinPlan: Plan = {
  kind: "join",
  inputs: [],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "open-process", phase: "host", proc: "proc", pid: 4711, startTime: 1n << 60n, inode: 0, out: "target" },
    { op: "clone", phase: "host", namespaces: 0, vfork: 1, out: "helper" },
    { op: "release", phase: "parent" },
    { op: "adopt", phase: "parent", process: "helper", out: "init" },
    { op: "take-slot", phase: "parent", out: "terminal" },
    { op: "await-exec", phase: "parent", process: "init" },
    { op: "wait", phase: "parent", process: "init", pty: "terminal" },
    unseen,
    { op: "join-namespaces", phase: "inside", ns: "target", types: newNamespaces | userNamespace },
    { op: "close", phase: "inside", slot: "target" },
    ...become,
    { op: "fork", phase: "inside", namespaces: 0 },
    { op: "make-fs", phase: "inside", type: "devpts", attrs: 0, out: "devpts" },
    { op: "open-ptmx", phase: "inside", devpts: "devpts", out: "master" },
    { op: "open-peer", phase: "inside", master: "master", out: "peer" },
    { op: "give-slot", phase: "inside", slot: "master" },
    { op: "open-root", phase: "rooted", out: "root" },
    { op: "change-dir", phase: "rooted", root: "root", path: "/" },
    { op: "load-seccomp", phase: "drop", program: allowAll, filterFlags: 0 },
    ...last("/bin/sh").filter((op) => op.op !== "set-no-new-privs"),
    { op: "place-fd", phase: "drop", fd: "peer", target: 0, flags: ["keep"] },
    { op: "place-fd", phase: "drop", fd: "peer", target: 1 },
    { op: "exec", phase: "exec", args: ["/bin/sh"] },
  ],
};

/** Ends a container. */
export const hostPlan: Plan = {
  kind: "host",
  inputs: [{ name: "cgroup", type: "cgroup" }],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "open-process", phase: "host", proc: "proc", pid: 12, startTime: 34, inode: 56, out: "process" },
    { op: "signal", phase: "host", process: "process", signal: 9 },
    { op: "await-end", phase: "host", process: "process", timeoutMs: 1000 },
    { op: "write-cgroup", phase: "host", cgroup: "cgroup", file: "memory.max", value: "max", flags: ["absent-ok"] },
    { op: "remove-cgroup", phase: "host", parent: "cgroup", path: "a/b", timeoutMs: 500, flags: ["absent-ok"] },
  ],
};

/** A container in a chroot, without a mount namespace, and without no_new_privs. */
export const chrootPlan: Plan = {
  kind: "create",
  inputs: [{ name: "rootfs", type: "dir" }],
  ops: [
    { op: "clone", phase: "host", namespaces: 0x20000000, vfork: 1, out: "init" },
    { op: "release", phase: "parent" },
    { op: "await-exec", phase: "parent", process: "init" },
    unseen,
    { op: "chroot", phase: "inside", root: "rootfs" },
    { op: "close", phase: "inside", slot: "rootfs" },
    { op: "load-seccomp", phase: "drop", program: allowAll, filterFlags: 0 },
    ...last("/bin/true").filter((op) => op.op !== "set-no-new-privs"),
    { op: "exec", phase: "exec", args: ["/bin/true"] },
  ],
};

/** A hook. */
export const spawn = (phase: "host" | "parent" | "inside" | "exec"): OpOf<"spawn"> => ({
  op: "spawn",
  phase,
  args: ["/bin/hook", "hook"],
  input: new Uint8Array(10),
  timeoutMs: 0,
  pidAt: 0,
  home: 0,
});

const ask = (phase: "host" | "parent", until?: string): PlanOp => ({
  op: "ask-criu",
  phase,
  request: new Uint8Array([8, 6, 24, 1]),
  ...(until === undefined ? {} : { until }),
  timeoutMs: 0,
});

/** What a checkpoint and a restore begin with. */
const criuStart: readonly PlanOp[] = [
  { op: "open-root", phase: "host", out: "host-root" },
  { op: "open-exec", phase: "host", at: "host-root", path: "/usr/sbin/criu", resolve: 0, out: "program" },
  { op: "pass-fd", phase: "host", fd: "log", target: 1 },
  { op: "pass-fd", phase: "host", fd: "log", target: 2 },
  {
    op: "start-criu",
    phase: "host",
    program: "program",
    args: ["criu", "swrk", "3"],
    namespaces: 0,
    propagation: 0,
    attrs: 0,
    out: "criu",
  },
];

/** CRIU dumps a container. */
const checkpointPlan: Plan = {
  kind: "host",
  inputs: [{ name: "log", type: "file" }],
  ops: [...criuStart, ask("host")],
};

/** CRIU makes a container. */
const restorePlan: Plan = {
  kind: "restore",
  inputs: [
    { name: "log", type: "file" },
    { name: "rootfs", type: "dir" },
  ],
  ops: [
    { op: "mount-point", phase: "host", at: "rootfs", path: "/proc", kind: 0, mode: 0o755, resolve: 0, out: "proc" },
    ...criuStart,
    ask("parent", "post-restore"),
    { op: "adopt", phase: "parent", process: "criu", out: "container" },
    ask("parent"),
    { op: "report", phase: "parent", process: "container", state: 2 },
  ],
};

const sharedHostOps: readonly PlanOp[] = [
  { op: "open-root", phase: "host", out: "launcher-root" },
  { op: "open-object", phase: "host", at: "launcher-root", path: "/srv", resolve: 0, ...anyType, out: "srv" },
  { op: "clone-tree", phase: "host", source: "srv", recursive: 1, propagation: 0, out: "peer" },
  { op: "set-mount", phase: "host", tree: "peer", set: 0, clear: 0, propagation: 3, recursive: 1 },
  { op: "close", phase: "host", slot: "launcher-root" },
];

const sharedInsideOps: readonly PlanOp[] = [
  { op: "mount-point", phase: "inside", at: "root", path: "mnt", kind: 0, mode: 0o755, resolve: 0, out: "mnt-point" },
  { op: "attach", phase: "inside", tree: "peer", target: "mnt-point" },
];

const shareRoot: PlanOp = {
  op: "set-mount",
  phase: "rooted",
  tree: "root",
  set: 0,
  clear: 0,
  propagation: 5,
  recursive: 0,
};

/** One that shares a bind with the host. */
const sharedHostPlan: Plan = {
  ...createPlan,
  ops: [
    ...sharedHostOps,
    ...createPlan.ops.flatMap((op) => {
      if (op.op === "pivot") return [op, shareRoot];
      return op.op === "close" && op.slot === "host-root" ? [...sharedInsideOps, op] : [op];
    }),
  ],
};

/** Every sample by name. */
export const samples = {
  create: createPlan,
  sharedHost: sharedHostPlan,
  gate: gatePlan,
  join: joinPlan,
  host: hostPlan,
  chroot: chrootPlan,
  checkpoint: checkpointPlan,
  restore: restorePlan,
  changes: changesPlan,
} as const;

/** A change of a plan's ops. */
export type Change = (ops: readonly PlanOp[]) => readonly PlanOp[];

/** The plan with its ops changed. */
export function changed(plan: Plan, change: Change): Plan {
  return { ...plan, ops: change(plan.ops) };
}

/** Leaves out every op of that name. */
export function without(...names: readonly PlanOp["op"][]): Change {
  return (ops) => ops.filter((op) => !names.includes(op.op));
}

/** Changes fields of the first op of that name. */
export function edit(name: PlanOp["op"], fields: Readonly<Record<string, unknown>>): Change {
  return (ops) => {
    const at = ops.findIndex((op) => op.op === name);
    return ops.map((op, index) => (index === at ? ({ ...op, ...fields } as PlanOp) : op));
  };
}

/** Puts ops right before the first op of that name. */
export function before(name: PlanOp["op"], ...more: readonly PlanOp[]): Change {
  return (ops) => ops.flatMap((op, index) => (index === ops.findIndex((o) => o.op === name) ? [...more, op] : [op]));
}

/** Puts ops right after the first op of that name. */
export function after(name: PlanOp["op"], ...more: readonly PlanOp[]): Change {
  return (ops) => ops.flatMap((op, index) => (index === ops.findIndex((o) => o.op === name) ? [op, ...more] : [op]));
}

/** Puts ops at the end of a phase. */
export function endOf(phase: Phase, ...more: readonly PlanOp[]): Change {
  return (ops) => {
    const at = ops.findLastIndex((op) => op.phase === phase);
    return [...ops.slice(0, at + 1), ...more, ...ops.slice(at + 1)];
  };
}

/** Several changes, one after the other. */
export function all(...changes: readonly Change[]): Change {
  return (ops) => changes.reduce((sum, change) => change(sum), ops);
}

/** Locks the mounts of the container's plan, for a process that may change them. */
export const lock = (seen = 0): Change =>
  all(
    endOf(
      "rooted",
      { op: "close", phase: "rooted", slot: "masks" },
      { op: "close", phase: "rooted", slot: "root" },
      { op: "lock-mounts", phase: "rooted", seen },
      { op: "open-root", phase: "rooted", out: "locked-root" },
    ),
    edit("set-caps", { effective: 0, permitted: 1 << 21, inheritable: 0, ambient: 0 }),
  );

/** Enters a copy of an initramfs, before the op of that name. */
export const enterCopy = (name: PlanOp["op"], ...then: readonly PlanOp[]): Change =>
  all(
    after("open-procfs", { op: "expect-initramfs", phase: "host", proc: "proc" }),
    before(
      name,
      {
        op: "clone-tree",
        phase: "inside",
        source: "host-root",
        flags: ["keep"],
        recursive: 1,
        propagation: 2,
        out: "copy",
      },
      { op: "attach", phase: "inside", tree: "copy", target: "host-root", flags: ["keep"] },
      { op: "enter-tree", phase: "inside", tree: "copy" },
      ...then,
    ),
  );

/** The process of a join appears as the last thing before it is executed. */
export const forksLast = (namespaces = 0): Change =>
  all(
    without("fork", "adopt", "load-seccomp"),
    before("await-exec", { op: "adopt", phase: "parent", process: "helper", out: "init" }),
    before("exec", { op: "close", phase: "drop", slot: "root" }, { op: "fork", phase: "drop", namespaces }),
  );

/** A container in the pid namespace of others, where it appears as the last thing before it is executed. */
export const inPod: Change = all(
  before(
    "clone",
    { op: "open-root", phase: "host", out: "outside" },
    { op: "open-namespace", phase: "host", at: "outside", path: "/run/ns/pid", type: pidNamespace, out: "pids" },
  ),
  edit("clone", { namespaces: newNamespaces & ~pidNamespace }),
  before("isolate-mounts", { op: "join-namespaces", phase: "inside", ns: "pids", types: pidNamespace }),
  edit("make-fs", { pidns: "pids" }),
  before("pivot", { op: "close", phase: "inside", slot: "pids" }),
  before("await-exec", { op: "adopt", phase: "parent", process: "init", out: "container" }),
  edit("await-exec", { process: "container" }),
  edit("wait", { process: "container" }),
  after("find-exec", { op: "fork", phase: "drop", namespaces: 0 }),
);
