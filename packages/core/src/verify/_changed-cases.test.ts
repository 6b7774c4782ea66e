// What is changed of a container that runs: its mounts, in a plan that does nothing else.
import type { OpOf, Plan, PlanOp } from "../wire/op.ts";
import type { RuleName } from "./index.ts";

type Change = (ops: readonly PlanOp[]) => readonly PlanOp[];
type Case = readonly [RuleName, string, "changes", Change];

const changing: OpOf<"change-mount"> = {
  op: "change-mount",
  phase: "host",
  process: "target",
  mount: "mount-1",
  namespaces: 0x10020000,
  readonly: 1,
  recursive: 1,
};

/** Two mounts of a sandbox become read-only. */
export const changesPlan: Plan = {
  kind: "host",
  inputs: [
    { name: "given", type: "pidfd" },
    { name: "mount-1", type: "object" },
    { name: "mount-2", type: "object" },
  ],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "open-process", phase: "host", proc: "proc", pid: 9, startTime: 1n, inode: 0, out: "target" },
    changing,
    { ...changing, mount: "mount-2", recursive: 0 },
  ],
};

const openRoot: PlanOp = { op: "open-root", phase: "host", out: "r" };
const other: PlanOp = {
  op: "open-process",
  phase: "host",
  proc: "proc",
  pid: 8,
  startTime: 1n,
  inode: 0,
  out: "other",
};

const isChange = ({ op }: PlanOp): boolean => op === "change-mount";
const opensOf = (ops: readonly PlanOp[]): readonly PlanOp[] => ops.filter((op) => !isChange(op));
const changesOf = (ops: readonly PlanOp[]): readonly PlanOp[] => ops.filter(isChange);
const first =
  (...more: readonly PlanOp[]): Change =>
  (ops) => [...opensOf(ops), ...more, ...changesOf(ops)];
const last =
  (...more: readonly PlanOp[]): Change =>
  (ops) => [...ops, ...more];
const every =
  (fields: Partial<OpOf<"change-mount">>): Change =>
  (ops) =>
    ops.map((op) => (op.op === "change-mount" ? { ...op, ...fields } : op));

export const changedCases: readonly Case[] = [
  ["changed-mounts", "a path is opened before", "changes", first(openRoot)],
  ["changed-mounts", "a path is opened after", "changes", last(openRoot)],
  ["changed-mounts", "a path is opened between two", "changes", last(openRoot, changing)],
  ["changed-mounts", "a slot is closed after", "changes", last({ op: "close", phase: "host", slot: "proc" })],
  ["changed-mounts", "another process is opened after", "changes", last(other)],
  [
    "changed-mounts",
    "of two processes",
    "changes",
    (ops) => last({ ...changing, process: "other" })(first(other)(ops)),
  ],
  ["changed-mounts", "of a process that is given", "changes", every({ process: "given" })],
  ["changed-mounts", "in other namespaces than the first", "changes", last({ ...changing, namespaces: 0x20000 })],
  ["changed-mounts", "not in the mount namespace", "changes", every({ namespaces: 0x10000000 })],
  ["changed-mounts", "in the network namespace too", "changes", every({ namespaces: 0x50020000 })],
  ["changed-mounts", "writable with all beneath it", "changes", every({ readonly: 0, recursive: 1 })],
];
