import type { Arch } from "../host/facts.ts";
import type { OpOf, Plan, PlanOp } from "../wire/op.ts";
import type { OpName } from "../wire/op-table.ts";
import { compileSeccomp } from "./seccomp/index.ts";

/** LANDLOCK_ACCESS_FS_*: those of ABI 5. */
const fs = {
  writeFile: 0x2,
  readFile: 0x4,
  readDir: 0x8,
  removeDir: 0x10,
  removeFile: 0x20,
  truncate: 0x4000,
} as const;
const allFs = 0xffff;
/** LANDLOCK_ACCESS_NET_*: TCP bind and connect. */
const allNet = 0x3;
/** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET; the one for signals would forbid those to the container, which is outside. */
const abstractSockets = 0x1;

/** What a launcher that waits still needs: system calls, and rights on files that it opens or removes. */
export interface WaitingNeeds {
  readonly calls: readonly string[];
  readonly fs: number;
}

/** Loading costs some 40 µs, which a container that ends at once would have to wait for. */
const afterMs = 20;

const closing = ["openat2", "close"];

/** With every wait: reports, what is undone when it fails, the end, and going on after a stop. */
export const alwaysNeeds: WaitingNeeds = {
  calls: ["write", "close", "unlinkat", "clock_gettime", "restart_syscall", "exit_group"],
  fs: fs.removeFile,
};

const busNeeds: WaitingNeeds = {
  calls: ["ppoll", "read", "recvfrom", "sendto", "clock_gettime", "close"],
  fs: 0,
};

/** The ops that may follow `confine`, as rule `confined` has them, and what each of them needs. */
export const waitingNeeds: Readonly<Partial<Record<OpName, WaitingNeeds>>> = {
  close: { calls: ["close"], fs: 0 },
  report: { calls: ["write"], fs: 0 },
  wait: { calls: ["ppoll", "read", "write", "ioctl", "fcntl", "pidfd_send_signal", "waitid", "clock_gettime"], fs: 0 },
  "open-cgroup": { calls: [...closing, "fstatfs"], fs: fs.readDir },
  "kill-cgroup": {
    calls: [
      ...closing,
      ...["write", "read", "lseek", "getdents64", "pidfd_open", "pidfd_send_signal", "nanosleep", "clock_gettime"],
    ],
    fs: fs.writeFile | fs.readFile | fs.readDir | fs.truncate,
  },
  "remove-cgroup": {
    calls: [...closing, "unlinkat", "getdents64", "nanosleep", "clock_gettime"],
    fs: fs.readDir | fs.removeDir,
  },
  "connect-bus": {
    calls: [...closing, ...busNeeds.calls, "openat", "fchdir", "socket", "setsockopt", "connect"],
    fs: 0,
  },
  "call-bus": busNeeds,
};

/** The op for a launcher that makes these ops after it. */
export function confineFor(wait: OpOf<"wait">, after: readonly PlanOp[], arch: Arch): OpOf<"confine"> {
  const needs = [alwaysNeeds, ...[wait, ...after].flatMap(({ op }) => waitingNeeds[op] ?? [])];
  const names = [...new Set(needs.flatMap(({ calls }) => calls))].sort();
  const profile = { defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls: [{ names, action: "SCMP_ACT_ALLOW" }] };
  const { program } = compileSeccomp(profile, { arch }, { enosysAbove: false });
  return {
    op: "confine",
    phase: "parent",
    process: wait.process,
    ...(wait.pty === undefined ? {} : { pty: wait.pty }),
    program,
    fs: needs.reduce((left, need) => left & ~need.fs, allFs),
    net: allNet,
    scoped: abstractSockets,
    afterMs,
    why: "a launcher that waits needs little",
  };
}

/** Has the launcher give up, before it waits, what neither that nor what comes after it needs. */
export function confineWaiting(plan: Plan, arch: Arch): Plan {
  const at = plan.ops.findIndex(({ op }) => op === "wait");
  const wait = plan.ops[at];
  if (wait?.op !== "wait") return plan;
  const after = plan.ops.slice(at + 1).filter(({ phase }) => phase === "parent");
  return { ...plan, ops: [...plan.ops.slice(0, at), confineFor(wait, after, arch), ...plan.ops.slice(at)] };
}
