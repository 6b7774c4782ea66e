// Plans that are well encoded and wrong: each changes a good one by as little as breaks its rule.
import type { OpOf, PlanOp } from "../wire/op.ts";
import { busCases } from "./_bus-cases.test.ts";
import { changedCases } from "./_changed-cases.test.ts";
import { landlockCases } from "./_landlock-cases.test.ts";
import type { Change, samples } from "./_plans.test.ts";
import {
  after,
  all,
  allowAll,
  before,
  edit,
  endOf,
  enterCopy,
  forksLast,
  inPod,
  lock,
  spawn,
  userNamespace,
  without,
} from "./_plans.test.ts";
import type { RuleName } from "./index.ts";

type Case = readonly [RuleName, string, keyof typeof samples, Change];

const close = (slot: string, phase: "inside" | "rooted" | "drop" = "inside"): PlanOp => ({ op: "close", phase, slot });
const sync = (number: number, phase: "parent" | "inside" | "drop"): PlanOp => ({ op: "sync", phase, number });
const seccomp = (phase: "drop" | "exec"): PlanOp => ({ op: "load-seccomp", phase, program: allowAll, filterFlags: 0 });
const program = (...bytes: readonly number[]): Change => edit("load-seccomp", { program: new Uint8Array(bytes) });
const returns = [0x06, 0, 0, 0, 0, 0, 0, 0];
const times =
  (count: number, name: PlanOp["op"]): Change =>
  (ops) =>
    ops.flatMap((op) => (op.op === name ? Array.from({ length: count }, () => op) : [op]));
const twice = (name: PlanOp["op"]): Change => times(2, name);
const idmap = (uids: string): Change => edit("write-idmap", { uids });
const lines = (count: number): string => Array.from({ length: count }, (_, n) => `${n} ${n} 1\n`).join("");
const userns = (n: number): PlanOp => ({
  op: "make-userns",
  phase: "host",
  proc: "proc",
  uids: "0 0 1",
  gids: "0 0 1",
  out: `userns-${n}`,
});
const mapMount: PlanOp = {
  op: "set-mount",
  phase: "parent",
  tree: "root",
  set: 1,
  clear: 0,
  propagation: 0,
  recursive: 0,
};
const makeCgroup = (path: string): PlanOp => ({
  op: "make-cgroup",
  phase: "host",
  parent: "cgroup",
  path,
  exist: 0,
  out: "made",
});
const hold: PlanOp = { op: "hold", phase: "parent", process: "init", ageMs: 1000 };
const confine: PlanOp = {
  op: "confine",
  phase: "parent",
  process: "init",
  program: allowAll,
  fs: 0,
  net: 0,
  scoped: 0,
  afterMs: 0,
};
const parameter = (key: string, at: "chroot" | "isolate-mounts" = "chroot"): Change =>
  before(
    at,
    { op: "make-fs", phase: "inside", type: "proc", attrs: 0, out: "sysctl-proc" },
    { op: "open-dir", phase: "inside", at: "sysctl-proc", path: "sys", resolve: 2, out: "sys" },
    { op: "sysctl", phase: "inside", parameters: "sys", key, value: "1" },
    close("sys"),
    close("sysctl-proc"),
  );
const absent: Change = all(
  before(
    "clone",
    { op: "open-root", phase: "host", out: "r" },
    { op: "open-cgroup", phase: "host", at: "r", path: "/c", version: 2, flags: ["absent-ok"], out: "c" },
  ),
  edit("clone", { cgroup: "c" }),
);
const targetProcess: PlanOp = {
  op: "open-process",
  phase: "host",
  proc: "proc",
  pid: 9,
  startTime: 1n,
  inode: 0,
  out: "target",
};
/** Leaves out one `set-dumpable`: the first is number 0. */
const seenAfter =
  (number: number): Change =>
  (ops) => {
    const hides = ops.filter((op) => op.op === "set-dumpable");
    return ops.filter((op) => op !== hides[number] || op.op !== "set-dumpable");
  };
const big = "x".repeat(1 << 20);

/** Moves the first op of that name to right before another. */
function move(name: PlanOp["op"], to: PlanOp["op"]): Change {
  return (ops) => {
    const op = ops.find((candidate) => candidate.op === name);
    return op === undefined ? ops : before(to, op)(without(name)(ops));
  };
}

const openRoot: PlanOp = { op: "open-root", phase: "host", out: "r" };
const openProgram: PlanOp = { op: "open-exec", phase: "host", at: "r", path: "/criu", resolve: 0, out: "program" };
const startCriu = (out: string): PlanOp => ({
  op: "start-criu",
  phase: "host",
  program: "program",
  args: ["criu", "criu"],
  namespaces: 0,
  propagation: 0,
  attrs: 0,
  out,
});
const label = (fields: Partial<OpOf<"set-label">> = {}): OpOf<"set-label"> => ({
  op: "set-label",
  phase: "drop",
  value: "exec a",
  expect: "a",
  lsm: 104,
  attribute: 101,
  ...fields,
});
const openLabel = (path: string): PlanOp => ({ op: "open-label", phase: "inside", proc: "proc", path, out: "file" });
const keys = label({ phase: "inside", attribute: 103 });

const structure: readonly Case[] = [
  ["too-many", "65 id maps for mounts", "create", before("clone", ...Array.from({ length: 65 }, (_, n) => userns(n)))],
  ["too-many", "5 maps of ids", "gate", times(5, "write-idmap")],
  [
    "too-many",
    "references to more than 32 MiB",
    "create",
    before("pivot", ...Array.from({ length: 33 }, (): PlanOp => ({ op: "set-hostname", phase: "inside", name: big }))),
  ],
  ["bad-path", "a mount point outside its root", "create", edit("mount-point", { path: "a/../../b" })],
  ["bad-path", "a mount point of dots", "create", edit("mount-point", { path: "." })],
  ["bad-path", "a cgroup above", "host", edit("remove-cgroup", { path: ".." })],
  ["bad-path", "a cgroup to remove at an absolute path", "host", edit("remove-cgroup", { path: "/a" })],
  ["bad-path", "a cgroup to make at an absolute path", "host", endOf("host", makeCgroup("/a"))],
  [
    "bad-number",
    "an object type that is none",
    "create",
    before("close", {
      op: "open-object",
      phase: "inside",
      at: "root",
      path: "x",
      resolve: 0,
      type: 0x1234,
      major: 0,
      minor: 0,
      out: "x",
    }),
  ],
  ["bad-number", "no state to report", "gate", edit("report", { state: 0 })],
  ["bad-number", "an oom score of -1001", "create", edit("set-oom-score", { score: -1001 })],
  [
    "bad-number",
    "a soft limit above the hard one",
    "create",
    before("release", { op: "set-rlimit", phase: "parent", process: "init", resource: 7, soft: 2, hard: 1, raise: 0 }),
  ],
  [
    "bad-number",
    "a soft limit of init itself above the hard one",
    "create",
    after("set-caps", { op: "set-own-rlimit", phase: "drop", resource: 6, soft: 2, hard: 1 }),
  ],
  [
    "bad-number",
    "mapped ids without a user namespace",
    "create",
    before("attach-root", {
      op: "set-mount",
      phase: "inside",
      tree: "root",
      set: 0x100000,
      clear: 0,
      propagation: 0,
      recursive: 0,
    }),
  ],
  ["bad-number", "a pid past the end", "create", before("release", { ...spawn("parent"), pidAt: 1 })],
  ["bad-number", "joining no namespace", "join", edit("join-namespaces", { types: 0 })],
  ["bad-number", "groups that are not to be set", "create", edit("set-ids", { setGroups: 0 })],
];

const typestate: readonly Case[] = [
  [
    "slot-undefined",
    "what only the launcher has",
    "join",
    endOf("inside", { op: "close", phase: "inside", slot: "terminal" }),
  ],
  ["slot-undefined", "used before it is defined", "create", move("make-fs", "pivot")],
  ["use-after-move", "closed twice", "create", after("close", close("host-root"))],
  ["use-after-move", "attached and used again", "create", after("attach", close("proc-tree"))],
  [
    "use-after-move",
    "closed before the clone",
    "create",
    all(before("clone", { op: "close", phase: "host", slot: "extra" })),
  ],
  ["target-taken", "two descriptors at one number", "join", edit("place-fd", { target: 1 })],
];

const flow: readonly Case[] = [
  ["phase-order", "back to phase inside", "create", endOf("rooted", { op: "loopback-up", phase: "inside" })],
  [
    "kind-phase",
    "a host plan with a clone",
    "host",
    endOf("host", { op: "clone", phase: "host", namespaces: 0, vfork: 1, out: "init" }),
  ],
  ["kind-phase", "a host plan with other phases", "host", endOf("host", { op: "set-umask", phase: "drop", mask: 18 })],
  ["clone-once", "no clone", "chroot", without("clone", "await-exec")],
  ["clone-once", "host ops after the clone", "create", after("clone", { op: "open-root", phase: "host", out: "late" })],
  ["clone-once", "an empty plan", "create", () => []],
  ["release-once", "no release", "create", without("release")],
  ["release-once", "two", "create", twice("release")],
  ["release-once", "after the first meeting", "create", move("release", "await-exec")],
  ["release-once", "a mount is changed behind it", "create", after("release", mapMount)],
  ["release-once", "a mount is changed at the end", "create", after("await-exec", mapMount)],
  ["sync-order", "begins with 2", "create", edit("sync", { number: 2 })],
  ["sync-unpaired", "one side only", "create", before("await-exec", sync(2, "parent"))],
  ["sync-unpaired", "the other side only", "create", before("pivot", sync(2, "inside"))],
  ["give-take", "not taken", "join", all(without("take-slot"), edit("wait", { pty: undefined }))],
  ["give-take", "not given", "join", without("give-slot")],
  [
    "give-take",
    "around a sync",
    "join",
    all(before("take-slot", sync(1, "parent")), after("give-slot", sync(1, "inside"))),
  ],
  [
    "fork-adopt",
    "not adopted",
    "join",
    all(
      without("adopt", "await-exec", "wait"),
      after("take-slot", { op: "await-exec", phase: "parent", process: "helper" }),
    ),
  ],
  ["fork-adopt", "twice", "join", twice("fork")],
  ["exec-once", "none", "create", without("exec")],
  ["exec-once", "something after it", "create", endOf("exec", seccomp("exec"))],
  ["exec-once", "two", "create", twice("exec")],
  ["find-exec", "none", "create", without("find-exec")],
  ["find-exec", "two", "create", twice("find-exec")],
  [
    "gate-once",
    "two gates",
    "gate",
    all(
      before("clone", { op: "make-gate", phase: "host", state: "state", out: "gate-2" }),
      before("gate", { op: "gate", phase: "gate", socket: "gate-2" }),
    ),
  ],
  [
    "gate-once",
    "a gate when joining",
    "join",
    all(
      before(
        "clone",
        { op: "open-root", phase: "host", out: "r" },
        { op: "connect-socket", phase: "host", at: "r", path: "s", out: "s" },
      ),
      before("exec", { op: "gate", phase: "gate", socket: "s" }),
    ),
  ],
  [
    "gate-once",
    "a socket of somebody else",
    "gate",
    all(
      before("clone", { op: "connect-socket", phase: "host", at: "state", path: "s", out: "other" }),
      edit("gate", { socket: "other" }),
    ),
  ],
  ["hold-once", "two", "create", all(before("sync", hold), before("sync", hold))],
  ["hold-once", "before init is let go on", "create", before("release", hold)],
  ["hold-once", "after the last meeting", "create", before("await-exec", hold)],
  ["hold-once", "a plan with a gate", "gate", before("report", hold)],
  ["hold-once", "a process that joins", "join", before("take-slot", hold)],
  ["record-order", "recorded when init was let go", "gate", move("record-process", "report")],
  [
    "record-order",
    "the helper of a join is recorded",
    "join",
    all(
      before("clone", { op: "open-root", phase: "host", out: "state" }),
      before("release", { op: "record-process", phase: "parent", state: "state", proc: "proc", process: "helper" }),
    ),
  ],
  ["confined", "twice", "create", before("wait", confine, confine)],
  ["confined", "long before waiting", "create", before("await-exec", confine)],
  ["confined", "a hook after it", "create", all(before("wait", confine), after("wait", spawn("parent")))],
  ["bad-bpf", "no filter to wait under", "create", before("wait", { ...confine, program: new Uint8Array(8) })],
  ["await-exec", "no gate and nobody who waits", "create", without("await-exec")],
  [
    "await-exec",
    "a gate and one who waits",
    "gate",
    before("report", { op: "await-exec", phase: "parent", process: "init" }),
  ],
  ["await-exec", "before the last meeting", "create", move("await-exec", "sync")],
  ["await-exec", "waiting for the end of an init that was not let go", "create", move("wait", "release")],
  ["await-exec", "waiting for the end before the program runs", "create", move("wait", "await-exec")],
];

/** What was attached in the mount namespace is as well the host's, beside the root directory. */
const keepAttached: Change = (ops) =>
  ops.map((op) => (op.op === "attach" && op.tree === "usr" ? { ...op, flags: ["keep"] } : op));

/** Without the words about propagation in a phase. */
const quiet =
  (phase: string): Change =>
  (ops) =>
    ops.filter((op) => op.op !== "set-mount" || op.phase !== phase);

const hostNode: PlanOp = {
  op: "make-node",
  phase: "host",
  at: "tree",
  path: "/null",
  mode: 0x21b6,
  major: 1,
  minor: 3,
  uid: 0,
  gid: 0,
};
const newTree = (type: string): PlanOp => ({ op: "make-fs", phase: "host", type, attrs: 0, out: "tree" });
const sourceTree = [
  { op: "open-root", phase: "host", out: "top" },
  { op: "clone-tree", phase: "host", source: "top", recursive: 0, propagation: 1, out: "tree" },
] as const satisfies readonly PlanOp[];

/** A terminal of the host's devpts, opened and closed. */
const hostTerminal = [
  { op: "open-root", phase: "inside", out: "top" },
  { op: "open-dir", phase: "inside", at: "top", path: "dev", resolve: 0, out: "devices" },
  { op: "open-ptmx", phase: "inside", devpts: "devices", out: "host-terminal", flags: ["device"] },
  close("top"),
  close("devices"),
  close("host-terminal"),
] as const satisfies readonly PlanOp[];

const containment: readonly Case[] = [
  ["host-node", "in a directory of the host", "create", before("clone", sourceTree[0], { ...hostNode, at: "top" })],
  ["host-node", "in a clone of the host's root", "create", before("clone", ...sourceTree, hostNode)],
  ["host-node", "in a file system of a disk", "create", before("clone", newTree("ext4"), hostNode)],
  ["host-node", "in a file system with a longer name", "create", before("clone", newTree("tmpfsx"), hostNode)],
  ["host-terminal", "in a mount namespace of the plan", "create", before("isolate-mounts", ...hostTerminal)],
  ["host-terminal", "of a container that is joined", "join", edit("open-ptmx", { flags: ["device"] })],
  ["host-terminal", "before a chroot", "chroot", before("chroot", ...hostTerminal)],
  ["clone-unpeered", "a peer", "create", edit("clone-tree", { propagation: 0 })],
  ["clone-unpeered", "a peer of which nothing says that it is shared", "sharedHost", quiet("host")],
  ["clone-unpeered", "a peer beneath a root that is not shared", "sharedHost", quiet("rooted")],
  ["clone-unpeered", "a peer in a user namespace", "sharedHost", edit("clone", { namespaces: 0x7e020000 })],
  [
    "clone-unpeered",
    "a peer that is never attached, but attached to",
    "create",
    before(
      "close",
      {
        op: "clone-tree",
        phase: "inside",
        source: "host-root",
        flags: ["keep"],
        recursive: 0,
        propagation: 0,
        out: "p",
      },
      { op: "mount-point", phase: "inside", at: "p", path: "mnt", kind: 2, mode: 0, resolve: 0, out: "p-mnt" },
      { op: "make-fs", phase: "inside", type: "tmpfs", attrs: 0, out: "seen" },
      { op: "attach", phase: "inside", tree: "seen", target: "p-mnt" },
      close("p"),
    ),
  ],
  ["mounts-shared", "no mount namespace", "create", edit("clone", { namespaces: 0x6c000000 })],
  [
    "mounts-shared",
    "a read-only path in a chroot",
    "chroot",
    before(
      "load-seccomp",
      { op: "open-root", phase: "rooted", out: "r" },
      { op: "readonly-path", phase: "rooted", root: "r", path: "proc" },
    ),
  ],
  ["mounts-not-isolated", "not isolated", "create", without("isolate-mounts")],
  ["mounts-not-isolated", "a hook before it", "create", before("isolate-mounts", spawn("inside"))],
  ["before-transition", "a hook after it", "create", after("pivot", spawn("inside"))],
  ["mounts-not-isolated", "isolated by name only", "create", edit("isolate-mounts", { propagation: 0 })],
  ["root-transition", "no pivot", "create", without("pivot")],
  [
    "root-transition",
    "a pivot elsewhere",
    "create",
    all(
      before("attach", { op: "make-fs", phase: "inside", type: "tmpfs", attrs: 0, out: "other" }),
      edit("pivot", { root: "other" }),
    ),
  ],
  [
    "root-transition",
    "a chroot besides the mount namespace",
    "create",
    before(
      "pivot",
      { op: "open-dir", phase: "inside", at: "root", path: "x", resolve: 0, out: "x" },
      { op: "chroot", phase: "inside", root: "x" },
    ),
  ],
  [
    "root-transition",
    "a chroot when joining",
    "join",
    before(
      "open-root",
      { op: "open-cwd", phase: "inside", out: "x" },
      { op: "chroot", phase: "inside", root: "x" },
      close("x"),
    ),
  ],
  [
    "root-transition",
    "a copy of the root that nothing says is an initramfs",
    "create",
    all(enterCopy("attach-root", close("copy")), without("expect-initramfs")),
  ],
  ["root-transition", "a copy of the initramfs, entered too late", "create", enterCopy("mount-point", close("copy"))],
  ["old-root-alive", "the copy of the initramfs", "create", enterCopy("attach-root")],
  ["root-transition", "a new mount namespace when joining", "join", edit("fork", { namespaces: 0x20000 })],
  ["mounts-locked", "twice", "create", all(lock(), twice("lock-mounts"))],
  [
    "mounts-locked",
    "the mounts of a container that is joined",
    "join",
    before("open-root", close("devpts", "rooted"), { op: "lock-mounts", phase: "rooted", seen: 0 }),
  ],
  [
    "mounts-locked",
    "the mounts of the caller",
    "chroot",
    after("close", { op: "lock-mounts", phase: "rooted", seen: 0 }),
  ],
  [
    "mounts-locked",
    "a mask that is not",
    "create",
    all(
      lock(),
      endOf(
        "rooted",
        { op: "make-masks", phase: "rooted", out: "late" },
        { op: "mask", phase: "rooted", root: "locked-root", masks: "late", path: "x" },
      ),
    ),
  ],
  [
    "mounts-locked",
    "for a process that could not change them",
    "create",
    all(lock(), edit("set-caps", { permitted: 0 })),
  ],
  [
    "mounts-locked",
    "for one that could not either, without no_new_privs",
    "create",
    all(
      lock(),
      without("set-no-new-privs", "load-seccomp"),
      edit("set-caps", { permitted: 0 }),
      edit("drop-bounding", { keep: 1 }),
    ),
  ],
  ["mounts-locked", "while others look into init", "create", lock(1)],
  ["old-root-alive", "a tree of what is not locked", "create", all(lock(), without("close"))],
  [
    "old-root-alive",
    "a directory of what is not locked",
    "create",
    all(lock(), before("lock-mounts", { op: "open-root", phase: "rooted", out: "old" })),
  ],
  [
    "before-transition",
    "the tree is touched after it",
    "create",
    after("pivot", { op: "make-link", phase: "inside", at: "root", path: "l", target: "/x" }),
  ],
  [
    "before-transition",
    "checked too early",
    "create",
    before("pivot", { op: "expect-mount", phase: "inside", root: "root", path: "proc", magic: 0, require: 0 }),
  ],
  ["old-root-alive", "the host's root", "create", without("close")],
  [
    "old-root-alive",
    "the host's root, closed too late",
    "create",
    all(without("close"), after("pivot", close("host-root"))),
  ],
  [
    "old-root-alive",
    "a directory of the host that nothing uses",
    "create",
    before("pivot", { op: "open-cwd", phase: "inside", out: "unused" }),
  ],
  [
    "old-root-alive",
    "a clone of a host directory",
    "create",
    all(
      before("close", {
        op: "clone-tree",
        phase: "inside",
        source: "host-root",
        flags: ["keep"],
        recursive: 0,
        propagation: 1,
        out: "kept",
      }),
      endOf("rooted", { op: "close", phase: "rooted", slot: "kept" }),
    ),
  ],
  ["old-root-alive", "a clone of a host directory that is attached too", "create", keepAttached],
  [
    "old-root-alive",
    "a process of the host",
    "create",
    all(
      before("clone", targetProcess),
      before("isolate-mounts", { op: "join-namespaces", phase: "inside", ns: "target", types: 0x40000000 }),
    ),
  ],
  [
    "old-root-alive",
    "another directory in a chroot",
    "chroot",
    all(
      before("chroot", { op: "open-cwd", phase: "inside", out: "cwd" }),
      after("close", { op: "close", phase: "inside", slot: "cwd" }),
    ),
  ],
];

const netdev = (namespace: string): PlanOp => ({ op: "move-netdev", phase: "parent", namespace, name: "eth0" });
const opened = (type: number): Change =>
  all(
    before(
      "clone",
      { op: "open-root", phase: "host", out: "r" },
      { op: "open-namespace", phase: "host", at: "r", path: "/run/ns", type, out: "ns" },
    ),
    before("release", netdev("ns")),
  );

const networks: readonly Case[] = [
  [
    "netdev-namespace",
    "a process in the host's network",
    "create",
    all(edit("clone", { namespaces: 0x2c020000 }), before("release", netdev("init"))),
  ],
  ["netdev-namespace", "a pid namespace", "create", opened(0x20000000)],
  ["netdev-namespace", "a process that CRIU made", "restore", after("adopt", netdev("container"))],
];

const everywhere = [0, 0, 0, 0, 0, 0, 0, 1];
const stack = (...rules: readonly number[]): OpOf<"start-network"> => ({
  op: "start-network",
  phase: "parent",
  process: "init",
  proc: "proc",
  program: "stack",
  args: ["pasta"],
  rules: new Uint8Array(rules),
  uid: 0,
  gid: 0,
  timeoutMs: 1000,
});
const programs: Change = before(
  "clone",
  { op: "open-root", phase: "host", out: "r" },
  { op: "open-exec", phase: "host", at: "r", path: "/usr/bin/pasta", resolve: 0, out: "stack" },
);
/** The good one, which each of the others differs from. */
export const withStack: Change = all(programs, before("release", stack(...everywhere)));

const twoStacks: Change = before("release", { ...stack(...everywhere), program: "b" });

const stacks: readonly Case[] = [
  ["user-network", "the host's network", "gate", all(withStack, edit("clone", { namespaces: 0x3c020000 }))],
  ["user-network", "no user namespace", "create", withStack],
  ["user-network", "after the container may go on", "gate", all(programs, after("release", stack(...everywhere)))],
  [
    "user-network",
    "two of them",
    "gate",
    all(
      withStack,
      before("clone", { op: "open-exec", phase: "host", at: "r", path: "/b", resolve: 0, out: "b" }),
      twoStacks,
    ),
  ],
  ["user-network", "half a rule", "gate", all(programs, before("release", stack(...everywhere, 1, 2, 3, 4)))],
  [
    "user-network",
    "a prefix of 33 bits",
    "gate",
    all(programs, before("release", stack(10, 0, 0, 0, 0, 0, 33, 1, ...everywhere))),
  ],
  ["user-network", "an answer that is none", "gate", all(programs, before("release", stack(0, 0, 0, 0, 0, 0, 0, 2)))],
  [
    "user-network",
    "addresses without a rule",
    "gate",
    all(programs, before("release", stack(10, 0, 0, 0, 0, 0, 8, 1))),
  ],
];

const identity: readonly Case[] = [
  ["rights-once", "no bounding set", "create", without("drop-bounding")],
  ["rights-once", "ids twice", "create", twice("set-ids")],
  ["rights-once", "capabilities before ids", "create", move("set-caps", "set-ids")],
  ["caps-subset", "effective beyond permitted", "create", edit("set-caps", { effective: 15 })],
  [
    "caps-subset",
    "inheritable beyond the bounding set",
    "create",
    all(edit("drop-bounding", { keep: 7 }), edit("set-caps", { inheritable: 9 })),
  ],
  ["caps-subset", "ambient that is not inheritable", "create", edit("set-caps", { ambient: 3 })],
  ["caps-subset", "permitted beyond the bounding set", "create", edit("drop-bounding", { keep: 3 })],
  ["bad-id", "uid -1", "create", edit("set-ids", { uid: 0xffffffff })],
  ["bad-id", "gid -1", "create", edit("set-ids", { gid: 0xffffffff })],
  ["bad-id", "group -1", "create", edit("set-ids", { groups: new Uint8Array(4).fill(255) })],
  ["bad-id", "half a group", "create", edit("set-ids", { groups: new Uint8Array(6) })],
  [
    "bad-id",
    "a node of uid -1",
    "create",
    before("pivot", {
      op: "make-node",
      phase: "inside",
      at: "root",
      path: "n",
      mode: 0x2180,
      major: 1,
      minor: 3,
      uid: 0xffffffff,
      gid: 0,
    }),
  ],
  ["idmap-missing", "none for a user namespace", "gate", without("write-idmap")],
  ["idmap-missing", "uids only", "gate", edit("write-idmap", { gids: undefined })],
  ["idmap-missing", "after init was let go", "gate", move("write-idmap", "report")],
  ["idmap-missing", "init is executed before there are maps", "gate", edit("clone", { vfork: 1 })],
  [
    "idmap-missing",
    "none for a second user namespace, in the first",
    "gate",
    all(
      without("record-process"),
      before("isolate-mounts", { op: "fork", phase: "inside", namespaces: userNamespace }),
      after("release", { op: "adopt", phase: "parent", process: "init", out: "inner" }),
      edit("report", { process: "inner" }),
    ),
  ],
  ["idmap-unexpected", "no user namespace", "gate", edit("clone", { namespaces: 0x6c020000 })],
  ["idmap-unexpected", "written twice", "gate", twice("write-idmap")],
  ["bad-idmap", "no line", "gate", idmap("")],
  ["bad-idmap", "no range", "gate", idmap("0 0 0\n")],
  ["bad-idmap", "two numbers", "gate", idmap("0 1\n")],
  ["bad-idmap", "beyond 32 bits", "gate", idmap("0 1000 99999999999999999999")],
  ["bad-idmap", "over the end", "gate", idmap("0 4294967290 6")],
  ["bad-idmap", "overlapping inside", "gate", idmap("0 1000 10\n9 5000 1\n")],
  ["bad-idmap", "overlapping outside", "gate", idmap("0 1000 10\n20 995 6\n")],
  ["bad-idmap", "341 lines", "gate", idmap(lines(341))],
  ["bad-idmap", "signs", "gate", idmap("0 -1 1")],
  ["after-drop", "a keyring after the capabilities", "create", endOf("drop", { op: "new-keyring", phase: "drop" })],
  ["not-dumpable", "nothing against ptrace", "create", without("set-dumpable")],
  ["not-dumpable", "seen as it begins", "create", seenAfter(0)],
  ["not-dumpable", "seen as it begins, by who is joined", "join", seenAfter(0)],
  ["not-dumpable", "undone by becoming the container's root", "join", seenAfter(1)],
  ["not-dumpable", "undone by a change of ids", "create", seenAfter(1)],
  [
    "not-dumpable",
    "later than the op after a change of ids",
    "create",
    after("set-ids", { op: "set-umask", phase: "drop", mask: 0 }),
  ],
  ["own-namespace", "the host's name", "chroot", before("chroot", { op: "set-hostname", phase: "inside", name: "x" })],
  [
    "own-namespace",
    "the host's domain",
    "chroot",
    before("chroot", { op: "set-domainname", phase: "inside", name: "x" }),
  ],
  ["own-namespace", "the host's loopback", "chroot", before("chroot", { op: "loopback-up", phase: "inside" })],
  [
    "own-namespace",
    "the host's name, before another is joined",
    "join",
    before("join-namespaces", { op: "set-hostname", phase: "inside", name: "x" }),
  ],
  ["own-namespace", "a parameter of the host's network", "chroot", parameter("net/ipv4/ip_forward")],
  ["own-namespace", "a parameter of no namespace", "create", parameter("kernel/core_pattern", "isolate-mounts")],
  ["own-namespace", "a parameter whose name begins like another", "create", parameter("kernel/sem2", "isolate-mounts")],
  ["slot-absent", "a clone into a cgroup that may not be there", "create", absent],
  ["seen-early", "forks as root of the host", "join", without("become")],
  ["seen-early", "joins, and forks before it has given up its rights", "join", without("load-seccomp")],
  ["seen-early", "forks into a namespace of its own when it has given up its rights", "join", forksLast(0x20000000)],
  ["seen-early", "makes the tree as root of the host", "gate", without("become")],
  [
    "seen-early",
    "in a pod, forks before it has given up its rights",
    "create",
    all(
      inPod,
      (ops) => ops.map((op) => (op.op === "make-fs" ? { ...op, type: "mqueue", pidns: undefined } : op) as PlanOp),
      without("fork", "adopt"),
      after("join-namespaces", { op: "fork", phase: "inside", namespaces: 0 }),
      after("release", { op: "adopt", phase: "parent", process: "init", out: "container" }),
    ),
  ],
  [
    "own-namespace",
    "in a pod, a procfs of the host's processes",
    "create",
    all(inPod, edit("make-fs", { pidns: undefined })),
  ],
  [
    "own-namespace",
    "a procfs of others, whom the container is not among",
    "create",
    all(inPod, without("fork", "adopt"), edit("await-exec", { process: "init" }), edit("wait", { process: "init" })),
  ],
  ["seen-early", "forks while it holds a process", "join", without("close")],
  [
    "seen-early",
    "forks while it holds a directory",
    "join",
    all(before("fork", { op: "open-root", phase: "inside", out: "host-root" }), after("fork", close("host-root"))),
  ],
  ["seen-early", "forks while it holds a procfs, and opens no label", "join", after("fork", close("proc"))],
];

/** A listener's socket, and a filter that hands calls to it. */
const listening = (fields: Readonly<Record<string, unknown>>, phase: "drop" | "exec" = "exec"): Change =>
  all(
    before(
      "clone",
      { op: "open-root", phase: "host", out: "r" },
      { op: "connect-socket", phase: "host", at: "r", path: "/run/l", out: "l" },
    ),
    phase === "exec" ? (ops) => ops : move("load-seccomp", "place-fd"),
    (ops) =>
      ops.map((op) =>
        op.op === "load-seccomp"
          ? ({
              ...{ op: "load-listener", phase, socket: "l", program: op.program, message: new Uint8Array(10) },
              ...{ filterFlags: 0, pidAt: 0, statePidAt: 0xffffffff, ...fields },
            } as PlanOp)
          : op,
      ),
  );

const filters: readonly Case[] = [
  ["seccomp-order", "a listener too early", "create", listening({}, "drop")],
  ["bad-number", "a listener's pid past the end", "create", listening({ statePidAt: 1 })],
  ["bad-bpf", "a listener's filter that is none", "create", listening({ program: new Uint8Array(8) })],
  ["spawn-order", "a hook before the filter", "create", before("load-seccomp", spawn("exec"))],
  ["spawn-order", "a hook that may fail", "create", before("release", { ...spawn("parent"), flags: ["go-on"] })],
  [
    "spawn-order",
    "a hook of a restore that may fail",
    "restore",
    before("report", { ...spawn("parent"), flags: ["go-on"] }),
  ],
  ["seccomp-order", "too early with no_new_privs", "create", before("drop-bounding", seccomp("drop"))],
  ["seccomp-order", "too late without no_new_privs", "create", without("set-no-new-privs")],
  ["seccomp-order", "after the ids without no_new_privs", "chroot", move("load-seccomp", "set-caps")],
  ["bad-bpf", "half an instruction", "create", program(6, 0, 0, 0)],
  [
    "bad-bpf",
    "4097 instructions",
    "create",
    edit("load-seccomp", { program: new Uint8Array(4097 * 8).map((_, at) => (at % 8 === 0 ? 6 : 0)) }),
  ],
  ["bad-bpf", "no return", "create", program(0x20, 0, 0, 0, 0, 0, 0, 0)],
  ["bad-bpf", "a load beyond the data", "create", program(0x20, 0, 0, 0, 64, 0, 0, 0, ...returns)],
  ["bad-bpf", "a load across words", "create", program(0x20, 0, 0, 0, 2, 0, 0, 0, ...returns)],
  ["bad-bpf", "a jump beyond the end", "create", program(0x05, 0, 0, 0, 1, 0, 0, 0, ...returns)],
  ["bad-bpf", "a jump back", "create", program(0x05, 0, 0, 0, 255, 255, 255, 255, ...returns)],
  ["bad-bpf", "a branch beyond the end", "create", program(0x15, 0, 1, 0, 0, 0, 0, 0, ...returns)],
  ["bad-bpf", "a division by zero", "create", program(0x34, 0, 0, 0, 0, 0, 0, 0, ...returns)],
  ["bad-bpf", "a shift by 32", "create", program(0x64, 0, 0, 0, 32, 0, 0, 0, ...returns)],
  ["bad-bpf", "a load of packet bytes", "create", program(0x30, 0, 0, 0, 0, 0, 0, 0, ...returns)],
  ["bad-bpf", "a code of 16 bits", "create", program(0x06, 1, 0, 0, 0, 0, 0, 0)],
];

const criu: readonly Case[] = [
  ["criu-once", "CRIU is started twice", "restore", before("start-criu", startCriu("other"))],
  ["criu-once", "CRIU is never started", "restore", without("start-criu", "ask-criu", "adopt", "report", "pass-fd")],
  ["criu-once", "CRIU beside an init", "create", before("clone", openRoot, openProgram, startCriu("criu"))],
  ["criu-once", "something after the start of CRIU", "restore", after("start-criu", openRoot)],
  ["criu-mounts", "a root among the host's mounts", "restore", edit("start-criu", { root: "host-root" })],
  ["criu-mounts", "mounts of its own, and the host's root", "checkpoint", edit("start-criu", { namespaces: 0x20000 })],
  ["criu-mounts", "the host's mounts, changed", "checkpoint", edit("start-criu", { propagation: 2 })],
  ["criu-mounts", "the host's root, read-only", "checkpoint", edit("start-criu", { attrs: 1 })],
  [
    "criu-adopt",
    "the root of CRIU, and not of the container",
    "restore",
    (ops) =>
      before("adopt", { op: "expect-root", phase: "parent", proc: "procfs", process: "criu", require: 1 })(
        before("open-root", { op: "open-procfs", phase: "host", out: "procfs" })(ops),
      ),
  ],
  [
    "criu-mounts",
    "mounts of its own that reach the host",
    "restore",
    edit("start-criu", { namespaces: 0x20000, root: "host-root" }),
  ],
  ["criu-order", "a descriptor that comes too late", "checkpoint", move("start-criu", "pass-fd")],
  [
    "criu-order",
    "a descriptor for nobody",
    "host",
    endOf("host", openRoot, { op: "pass-fd", phase: "host", fd: "r", target: 0 }),
  ],
  ["criu-order", "a question before there is CRIU", "checkpoint", move("ask-criu", "pass-fd")],
  ["criu-order", "a question without an end", "checkpoint", edit("ask-criu", { until: "post-dump" })],
  ["criu-order", "a question after the end", "restore", edit("ask-criu", { until: undefined })],
  ["criu-order", "no question", "checkpoint", without("ask-criu")],
  ["criu-adopt", "nothing adopted", "restore", without("adopt", "report")],
  [
    "criu-adopt",
    "CRIU itself taken for the container",
    "restore",
    all(move("report", "adopt"), edit("report", { process: "criu" })),
  ],
  ["criu-adopt", "adopted before it is there", "restore", move("adopt", "ask-criu")],
  ["criu-adopt", "a meeting with nobody", "restore", before("report", sync(1, "parent"))],
  [
    "criu-adopt",
    "a mount point on the host",
    "host",
    endOf("host", openRoot, {
      op: "mount-point",
      phase: "host",
      at: "r",
      path: "x",
      kind: 0,
      mode: 0,
      resolve: 0,
      out: "x",
    }),
  ],
  ["target-taken", "two descriptors of one number", "restore", edit("pass-fd", { target: 2 })],
  [
    "kind-phase",
    "something in the container",
    "restore",
    endOf("parent", { op: "set-hostname", phase: "inside", name: "x" }),
  ],
];

const beforeNnp = (...ops: readonly PlanOp[]): Change => before("set-no-new-privs", ...ops);
const labels: readonly Case[] = [
  ["label-once", "two profiles", "create", beforeNnp(label(), label({ value: "exec b" }))],
  ["label-order", "after no_new_privs", "create", after("set-no-new-privs", label())],
  ["label-order", "before the capabilities go", "create", before("set-caps", label())],
  ["label-order", "after a filter", "chroot", before("drop-bounding", label())],
  ["label-order", "before the tree is made", "create", before("pivot", label({ phase: "inside" }))],
  ["label-order", "keys at the end", "create", beforeNnp(label({ attribute: 103 }))],
  ["label-order", "a tree at the end", "create", beforeNnp(label({ tree: "masks", attribute: 0 }))],
  ["label-file", "another attribute", "create", beforeNnp(label({ attribute: 100 }))],
  ["label-file", "a tree and the program", "create", before("attach", label({ phase: "inside", tree: "proc-tree" }))],
  ["label-file", "another file", "create", before("pivot", openLabel("self/attr/current"), close("proc"))],
  ["label-file", "another process", "create", before("pivot", openLabel("1/attr/exec"), close("proc"))],
  ["label-file", "one that is never set", "create", before("pivot", openLabel("self/attr/exec"), close("proc"))],
  [
    "old-root-alive",
    "the procfs of a label",
    "create",
    all(
      before("pivot", openLabel("self/attr/exec")),
      after("set-caps", label({ phase: "drop", attribute: 101, file: "file" })),
    ),
  ],
  [
    "use-after-move",
    "one file for two labels",
    "create",
    all(
      before("pivot", openLabel("self/attr/exec"), close("proc"), { ...keys, file: "file" }),
      beforeNnp(label({ file: "file" })),
    ),
  ],
];

export const planCases: readonly Case[] = [
  ...structure,
  ...typestate,
  ...flow,
  ...containment,
  ...networks,
  ...stacks,
  ...identity,
  ...filters,
  ...busCases,
  ...criu,
  ...labels,
  ...landlockCases,
  ...changedCases,
];
