// Plans written by hand: the smallest that make a container of each kind, without the planner.
import type { Plan, PlanInput, PlanOp } from "../../packages/core/src/wire/op.ts";

const newNet = 0x40000000;
const namespaces = 0x20000 | newNet | 0x20000000 | 0x08000000 | 0x04000000;
const newUser = 0x10000000;

/** What a hand-made plan of kind create can have. */
export type Shape = {
  readonly args: readonly string[];
  readonly candidates?: readonly string[];
  readonly userns?: true;
  /** It stays in the network namespace of the launcher. */
  readonly hostNet?: true;
  readonly gate?: true;
  readonly terminal?: true;
  /** Ops before the clone, and after it. */
  readonly host?: readonly PlanOp[];
  readonly parent?: readonly PlanOp[];
  readonly inputs?: readonly PlanInput[];
  readonly uids?: string;
};

function mount(path: string, type: string, options: readonly string[], attrs: number): readonly PlanOp[] {
  const [out, target] = [`tree-${path}`, `at-${path}`];
  return [
    { op: "make-fs", phase: "inside", type, source: type, options, attrs, out },
    { op: "mount-point", phase: "inside", at: "root", path, kind: 0, mode: 0o755, resolve: 0, out: target },
    { op: "attach", phase: "inside", tree: out, target, flags: ["keep"] },
    { op: "close", phase: "inside", slot: target },
  ];
}

const only = (condition: true | undefined, ...ops: readonly PlanOp[]): readonly PlanOp[] => (condition ? ops : []);

function outside(shape: Shape): readonly PlanOp[] {
  const { userns, hostNet, gate, terminal, uids = "0 100000 65536\n" } = shape;
  const process = "init";
  return [
    { op: "open-procfs", phase: "host", out: "host-proc" },
    { op: "enter-dir", phase: "host", dir: "rootfs" },
    ...only(gate, { op: "make-gate", phase: "host", state: "state", out: "gate" }),
    ...(shape.host ?? []),
    {
      op: "clone",
      phase: "host",
      namespaces: (hostNet ? namespaces & ~newNet : namespaces) | (userns ? newUser : 0),
      vfork: userns ? 0 : 1,
      out: process,
    },
    ...only(userns, {
      op: "write-idmap",
      phase: "parent",
      proc: "host-proc",
      process,
      uids,
      gids: uids,
      denySetgroups: 0,
    }),
    ...only(gate, { op: "record-process", phase: "parent", state: "state", proc: "host-proc", process }),
    { op: "release", phase: "parent" },
    { op: "sync", phase: "parent", number: 1 },
    ...(shape.parent ?? []),
    ...only(terminal, { op: "take-slot", phase: "parent", out: "terminal-end" }),
    { op: "sync", phase: "parent", number: 2 },
    ...(gate
      ? ([{ op: "report", phase: "parent", process, state: 1 }] as const)
      : ([
          { op: "await-exec", phase: "parent", process },
          { op: "report", phase: "parent", process, state: 2 },
          { op: "wait", phase: "parent", process, ...(terminal ? { pty: "terminal-end" } : {}) },
        ] as const)),
  ];
}

const terminalOps: readonly PlanOp[] = [
  { op: "open-ptmx", phase: "inside", devpts: "tree-/dev/pts", out: "terminal" },
  { op: "open-peer", phase: "inside", master: "terminal", out: "console" },
  { op: "give-slot", phase: "inside", slot: "terminal" },
  { op: "new-session", phase: "inside", pty: "console" },
];

const unseen = { op: "set-dumpable", phase: "inside", value: 0 } as const;

function inside({ userns, terminal }: Shape): readonly PlanOp[] {
  return [
    unseen,
    { op: "sync", phase: "inside", number: 1 },
    ...(userns ? ([{ op: "become", phase: "inside", uid: 0, gid: 0 }, unseen] as const) : []),
    ...only(terminal ? undefined : true, { op: "new-session", phase: "inside" }),
    { op: "new-keyring", phase: "inside" },
    { op: "isolate-mounts", phase: "inside", propagation: 2 },
    { op: "open-cwd", phase: "inside", out: "cwd" },
    { op: "clone-tree", phase: "inside", source: "cwd", recursive: 1, propagation: 1, out: "root" },
    { op: "open-cwd", phase: "inside", out: "cwd-again" },
    { op: "attach-root", phase: "inside", tree: "root", target: "cwd-again" },
    ...mount("/proc", "proc", [], 14),
    ...mount("/dev", "tmpfs", ["mode=755", "size=65536k"], 2),
    ...mount("/dev/pts", "devpts", ["newinstance", "ptmxmode=0666", "mode=0620"], 10),
    ...(terminal ? terminalOps : []),
    { op: "pivot", phase: "inside", root: "root" },
    { op: "make-masks", phase: "rooted", out: "masks" },
    { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "/proc/meminfo" },
    { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "/proc/tty" },
    { op: "mask", phase: "rooted", root: "root", masks: "masks", path: "/proc/none", flags: ["absent-ok"] },
    { op: "readonly-path", phase: "rooted", root: "root", path: "/proc/sys" },
    { op: "expect-mount", phase: "rooted", root: "root", path: "/proc", magic: 0x9fa0, require: 2 },
    { op: "change-dir", phase: "rooted", root: "root", path: "/" },
    { op: "close", phase: "rooted", slot: "masks" },
    { op: "close", phase: "rooted", slot: "root" },
  ];
}

function drop({ gate, args, candidates = ["/probe"], terminal }: Shape): readonly PlanOp[] {
  const stdio = ["stdin", "stdout", "stderr"] as const;
  return [
    { op: "drop-bounding", phase: "drop", keep: 0 },
    { op: "set-ids", phase: "drop", uid: 0, gid: 0, setGroups: 1 },
    { op: "set-dumpable", phase: "drop", value: 0 },
    { op: "set-caps", phase: "drop", effective: 0, permitted: 0, inheritable: 0, ambient: 0 },
    { op: "find-exec", phase: "drop", candidates },
    { op: "set-no-new-privs", phase: "drop" },
    ...stdio.map(
      (name, target): PlanOp =>
        terminal
          ? { op: "place-fd", phase: "drop", fd: "console", target, flags: ["keep"] }
          : { op: "place-fd", phase: "drop", fd: name, target },
    ),
    { op: "sync", phase: "drop", number: 2 },
    ...only(gate, { op: "gate", phase: "gate", socket: "gate" }),
    { op: "exec", phase: "exec", args, env: ["A=b"] },
  ];
}

/** A plan that makes a container of the inputs `rootfs` (and `state`), with the test's probe as its program. */
export function createPlan(shape: Shape): Plan {
  const stdio = ["stdin", "stdout", "stderr"].map((name) => ({ name, type: "file" }) as const);
  return {
    kind: "create",
    inputs: [
      { name: "rootfs", type: "dir" },
      ...(shape.gate ? [{ name: "state", type: "dir" } as const] : []),
      ...(shape.terminal ? [] : stdio),
      ...(shape.inputs ?? []),
    ],
    ops: [...outside(shape), ...inside(shape), ...drop(shape)],
  };
}

/** A plan that acts on the host alone. */
export function hostPlan(inputs: readonly PlanInput[], ops: readonly PlanOp[]): Plan {
  return { kind: "host", inputs, ops };
}

/** The plan that lets the container of a state directory go, whose `process` file is given. */
export function startPlan(process: string, timeoutMs = 5000): Plan {
  const [pid = "", startTime = "", inode = ""] = process.split(" ");
  const identity = { pid: Number(pid), startTime: BigInt(startTime), inode: BigInt(inode) };
  return hostPlan(
    [{ name: "state", type: "dir" }],
    [
      { op: "open-procfs", phase: "host", out: "proc" },
      { op: "open-process", phase: "host", proc: "proc", ...identity, out: "process" },
      { op: "start-container", phase: "host", state: "state", process: "process", timeoutMs },
    ],
  );
}
