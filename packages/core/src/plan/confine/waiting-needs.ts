// What a launcher still needs while it waits, and after it: what `confine` leaves it.
import type { OpName } from "../../wire/tables/op-table.ts";

/** LANDLOCK_ACCESS_FS_*: those of ABI 5. */
const fs = {
  writeFile: 0x2,
  readFile: 0x4,
  readDir: 0x8,
  removeDir: 0x10,
  removeFile: 0x20,
  truncate: 0x4000,
} as const;

/** What a launcher that waits still needs: system calls, and rights on files that it opens or removes. */
export interface WaitingNeeds {
  readonly calls: readonly string[];
  readonly fs: number;
}

const closing = ["openat2", "close"];

/** With every wait: reports, what is undone when it fails, the end, and going on after a stop. */
export const alwaysNeeds: WaitingNeeds = {
  calls: [
    ...["write", "ppoll", "read", "close", "clock_gettime", "restart_syscall", "exit_group"],
    ...["unlinkat", "fremovexattr"],
  ],
  fs: fs.removeFile,
};

const busNeeds: WaitingNeeds = {
  calls: ["ppoll", "read", "recvmsg", "sendmsg", "clock_gettime"],
  fs: 0,
};

/** The ops that may follow `confine`, as rule `confined` has them, and what each of them needs. */
export const waitingNeeds: Readonly<Partial<Record<OpName, WaitingNeeds>>> = {
  // With a satellite, whose slot it may be, that ends.
  close: { calls: ["close", "pidfd_send_signal", "ppoll", "read", "waitid", "clock_gettime"], fs: 0 },
  report: { calls: ["write", "pidfd_send_signal", "waitid"], fs: 0 },
  wait: { calls: ["ppoll", "read", "write", "ioctl", "fcntl", "pidfd_send_signal", "waitid", "clock_gettime"], fs: 0 },
  "open-cgroup": { calls: [...closing, "fstatfs"], fs: fs.readDir },
  "kill-cgroup": {
    calls: [
      ...closing,
      ...[
        "write",
        "read",
        "lseek",
        "getdents64",
        "pidfd_open",
        "pidfd_send_signal",
        "nanosleep",
        "clock_gettime",
        "mmap",
        "mremap",
      ],
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

/** What the plans of this planner do after `wait`; each has its filter in `confine-filters.gen.ts`. */
export const endings = {
  nothing: [],
  cgroups: ["kill-cgroup", "remove-cgroup"],
  scope: ["kill-cgroup", "connect-bus", "call-bus", "open-cgroup", "remove-cgroup"],
} as const satisfies Readonly<Record<string, readonly OpName[]>>;

/** A name of {@link endings}. */
export type Ending = keyof typeof endings;

/** All that is needed for these ops. */
export function needsOf(ops: readonly OpName[]): readonly WaitingNeeds[] {
  return [alwaysNeeds, ...ops.flatMap((op) => waitingNeeds[op] ?? [])];
}
