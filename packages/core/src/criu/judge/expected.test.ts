// What a checkpoint is compared with: the rights and mounts of the plan that would create its container.
import test from "ava";
import type { Plan, PlanOp } from "../../wire/op.ts";
import { expectedOf, nodeName } from "./expected.ts";

const planOf = (...ops: readonly PlanOp[]): Plan => ({ kind: "create", inputs: [], ops });

const mountPoint = (path: string, out: string): PlanOp => ({
  op: "mount-point",
  phase: "inside",
  at: "root",
  path,
  kind: 0,
  mode: 0o755,
  resolve: 0,
  out,
});
const attach = (tree: string, target: string, from?: string): PlanOp => ({
  op: "attach",
  phase: "inside",
  tree,
  target,
  ...(from === undefined ? {} : { from }),
});
const openObject = (path: string, out: string, type = 0, major = 0, minor = 0): PlanOp => ({
  op: "open-object",
  phase: "host",
  at: "host",
  path,
  resolve: 0,
  type,
  major,
  minor,
  out,
});
const cloneTree = (source: string, propagation: number, out: string): PlanOp => ({
  op: "clone-tree",
  phase: "host",
  source,
  recursive: 1,
  propagation,
  out,
});
const makeNode = (mode: number, major: number, minor: number): PlanOp => ({
  op: "make-node",
  phase: "inside",
  at: "dev",
  path: "x",
  mode,
  major,
  minor,
  uid: 0,
  gid: 0,
});

test("a point has the file system that is made, with its options and the field that asks for it", (t) => {
  const plan = planOf(
    mountPoint("/tmp", "point"),
    { op: "make-fs", phase: "inside", type: "tmpfs", options: ["size=1m", "mode=755"], attrs: 0, out: "fs" },
    attach("fs", "point", "/mounts/1"),
  );
  const point = { type: "tmpfs", options: ["size=1m", "mode=755"], source: undefined, from: "/mounts/1" };
  t.deepEqual([...expectedOf(plan).points], [["/tmp", { ...point, isConsole: false, isPrivate: false }]]);
});

test("a point of the host has the path that is bound, and is private if its clone is", (t) => {
  const plan = planOf(
    openObject("/srv/a", "a"),
    openObject("/srv/b", "b"),
    cloneTree("a", 1, "tree-a"),
    cloneTree("b", 2, "tree-b"),
    mountPoint("/a", "point-a"),
    mountPoint("/b", "point-b"),
    attach("tree-a", "point-a"),
    attach("tree-b", "point-b"),
  );
  const bind = { type: "bind", isConsole: false, options: [], from: "" };
  t.deepEqual(
    [...expectedOf(plan).points],
    [
      ["/a", { ...bind, source: "/srv/a", isPrivate: true }],
      ["/b", { ...bind, source: "/srv/b", isPrivate: false }],
    ],
  );
});

test("the console is one terminal of a devpts, and what is attached at no path is no point", (t) => {
  const plan = planOf(mountPoint("/dev/console", "point"), attach("console-tree", "point"), attach("tree", "dir"));
  const console = { type: "devpts", isConsole: true, source: undefined, options: [], isPrivate: false, from: "" };
  t.deepEqual([...expectedOf(plan).points], [["/dev/console", console]]);
});

const nodes: readonly (readonly [mode: number, name: string | undefined])[] = [
  [0o20666, "c 1:3"],
  [0x6000, "b 1:3"],
  [0o10644, undefined],
  [0o100644, undefined],
  [0x4000, undefined],
  [0, undefined],
];
for (const [mode, name] of nodes)
  test(`the device of the mode 0${mode.toString(8)} is ${name}`, (t) => t.is(nodeName(mode, 1, 3), name));

test("the devices are those that are made and those that are bound", (t) => {
  const plan = planOf(makeNode(0o20666, 1, 3), makeNode(0o40755, 0, 0), openObject("/dev/x", "x", 0x6000, 8, 1));
  t.deepEqual(expectedOf(plan).nodes, new Set(["c 1:3", "b 8:1"]));
});

test("paths that are checked, masked or read-only have the flags that they must have", (t) => {
  const plan = planOf(
    { op: "expect-mount", phase: "inside", root: "root", path: "/tmp", magic: 0, require: 6, from: "/mounts/0" },
    { op: "expect-mount", phase: "inside", root: "root", path: "/run", magic: 0, require: 0 },
    { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "/proc/keys", from: "/linux/maskedPaths/0" },
    { op: "readonly-path", phase: "rooted", root: "root", path: "/proc/sys" },
  );
  const { flags, masked, readonly } = expectedOf(plan);
  t.deepEqual(flags, [
    { path: "/tmp", require: 6, from: "/mounts/0" },
    { path: "/run", require: 0, from: "" },
  ]);
  t.deepEqual(masked, [{ path: "/proc/keys", require: 1, from: "/linux/maskedPaths/0" }]);
  t.deepEqual(readonly, [{ path: "/proc/sys", require: 1, from: "" }]);
});

test("the rights are those of the ops that drop them", (t) => {
  const program = Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0);
  const plan = planOf(
    { op: "set-rlimit", phase: "parent", process: "init", resource: 7, soft: 1, hard: 1024, raise: 0 },
    { op: "set-rlimit", phase: "parent", process: "init", resource: 4, soft: 0, hard: 2n ** 64n - 1n, raise: 0 },
    { op: "drop-bounding", phase: "drop", keep: 0x21 },
    { op: "set-ids", phase: "drop", uid: 1000, gid: 100, setGroups: 1, groups: Uint8Array.of(7, 1, 0, 0, 0, 0, 1, 0) },
    { op: "set-caps", phase: "drop", effective: 0, permitted: 1, inheritable: 0x20, ambient: 0 },
    { op: "set-no-new-privs", phase: "drop" },
    { op: "load-seccomp", phase: "drop", program, filterFlags: 0 },
  );
  t.like(expectedOf(plan), { bounding: 0x21n, rights: 0x21n, noNewPrivileges: true, uid: 1000, gid: 100, program });
  t.deepEqual(expectedOf(plan).groups, [0x107, 0x10000]);
  t.deepEqual(
    [...expectedOf(plan).hardLimits],
    [
      [7, 1024n],
      [4, 2n ** 64n - 1n],
    ],
  );
});

test("without no_new_privs a program may give every capability that is bounded", (t) => {
  const caps = { op: "set-caps", phase: "drop", effective: 0, permitted: 1, inheritable: 0, ambient: 0 } as const;
  const bounding = { op: "drop-bounding", phase: "drop", keep: 0x21 } as const;
  t.is(expectedOf(planOf(bounding, caps)).rights, 0x21n);
  t.is(expectedOf(planOf(bounding, caps, { op: "set-no-new-privs", phase: "drop" })).rights, 1n);
});

test("the labels are those that the program starts with, as the kernel says them", (t) => {
  const label = (phase: "inside" | "drop", lsm: number, value: string, expect?: string): PlanOp => ({
    op: "set-label",
    phase,
    value,
    ...(expect === undefined ? {} : { expect }),
    lsm,
    attribute: 101,
  });
  const plan = planOf(
    label("inside", 101, "key"),
    label("drop", 101, "a:b:c:s0:c2,c1", "a:b:c:s0:c1,c2"),
    label("drop", 104, "exec :ns:name"),
  );
  t.deepEqual(
    [...expectedOf(plan).labels],
    [
      [101, "a:b:c:s0:c1,c2"],
      [104, ":ns:name"],
    ],
  );
});

test("a filter with a listener is the filter", (t) => {
  const program = Uint8Array.of(6);
  const listener = { op: "load-listener", phase: "drop", socket: "s", program, message: program } as const;
  const plan = planOf({ ...listener, filterFlags: 0, pidAt: 0, statePidAt: 0 });
  t.is(expectedOf(plan).program, program);
});

test("a plan that says nothing gives no capability, no filter and root's ids", (t) => {
  const expected = expectedOf(planOf());
  t.like(expected, { bounding: 0n, noNewPrivileges: false, uid: 0, gid: 0, program: undefined });
  t.deepEqual([expected.groups, expected.points.size, expected.nodes.size, expected.hardLimits.size], [[], 0, 0, 0]);
});
