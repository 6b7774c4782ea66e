// The op table: the one place where the vocabulary of a plan is defined.
//
// From it come the types of `PlanOp` (./op.ts), encoders, the decoder, the printer, the C header
// `helper-c/plan/ops.gen.h`, `wire/encode/encoders.gen.ts` and `docs/formats/plan-format.md` (scripts/gen-ops.ts; `npm run check` fails when they are stale).
// Codes and positions are part of the wire format: append, never renumber.

import type { SatelliteName } from "../satellites.ts";

/** Types of slot. A slot holds one descriptor of one type, from its definition until it is moved or closed. */
export const slotTypes = {
  dir: { code: 1, doc: "a directory, O_PATH" },
  object: { code: 2, doc: "any file system object, O_PATH: a bind source or a mount point" },
  tree: { code: 3, doc: "the root of a mount, detached or attached by us (open_tree(2), fsmount(2))" },
  ns: { code: 4, doc: "a namespace (nsfs)" },
  pidfd: { code: 5, doc: "a process (pidfd_open(2), CLONE_PIDFD)" },
  cgroup: { code: 6, doc: "a directory of control groups, checked to be on cgroupfs or resctrl" },
  file: { code: 7, doc: "an open file of any kind: stdio, a descriptor to preserve" },
  socket: { code: 8, doc: "a unix socket" },
  pty: { code: 9, doc: "either end of a pseudoterminal" },
  exec: { code: 10, doc: "a program of the host, opened O_PATH before the container exists" },
  proc: { code: 11, doc: "the launcher's own handle on the host's procfs" },
  bus: { code: 12, doc: "a connection to a message bus (D-Bus), authenticated" },
  label: { code: 13, doc: "a label attribute of init itself, in the launcher's procfs" },
  listener: { code: 14, doc: "a TCP socket that listens in the container's network namespace" },
  ruleset: { code: 15, doc: "a Landlock ruleset that is not enforced yet" },
} as const;

export type SlotType = keyof typeof slotTypes;

/** Phases in order. `host` and `parent` are run by the launcher, the others by init. */
export const phases = {
  host: { code: 0, doc: "launcher, before the clone" },
  parent: { code: 1, doc: "launcher, after the clone" },
  inside: { code: 2, doc: "init, in the namespaces, before the root transition" },
  rooted: { code: 3, doc: "init, after the root transition" },
  drop: { code: 4, doc: "init, giving up rights" },
  gate: { code: 5, doc: "init, waiting for start" },
  exec: { code: 6, doc: "init, after start: the last steps" },
} as const;

export type Phase = keyof typeof phases;

/** Bits of an op's `flags`. */
export const opFlags = {
  "absent-ok": { bit: 1, doc: "ENOENT when the object is looked up is not an error" },
  keep: { bit: 2, doc: "slots that the op would move stay open" },
  "go-on": { bit: 4, doc: "a failure is reported, and the plan continues" },
  undo: { bit: 8, doc: "the op is not carried out here, but when the launch fails later" },
  init: { bit: 16, doc: "init stays as the first process: it passes signals on, and takes the children of others" },
  beside: { bit: 32, doc: "a thread that is older than the filter sends the listener: the filter may hand on any call of init" },
  device: { bit: 64, doc: "the slot is the host's directory of devices, with its node `ptmx`, where the one on devpts may have mode 000" },
  apart: { bit: 128, doc: "a clone of the mount that the working directory is on is private, but not what is mounted beneath it" },
} as const;

export type OpFlag = keyof typeof opFlags;

/** Kinds of plan: which phases and which order the verifier asks for. */
export const planKinds = {
  create: { code: 1, doc: "makes a container: clone, set-up, exec" },
  join: { code: 2, doc: "runs a process in an existing container" },
  host: { code: 3, doc: "acts on the host side only: signal, start, remove" },
  restore: { code: 4, doc: "has CRIU make a container's processes from a checkpoint" },
} as const;

export type PlanKind = keyof typeof planKinds;

/** The types of data: `string` one NUL-terminated string; `strings` a run of them; `bytes` a blob. */
export type DataKind = "string" | "strings" | "bytes";

export interface SlotRow {
  readonly types: readonly SlotType[];
  /** The op closes the slot, unless the op has the flag `keep`. */
  readonly move?: true;
  readonly optional?: true;
}

export interface DataRow {
  readonly kind: DataKind;
  /** A null reference (offset 0, length 0) is allowed. */
  readonly optional?: true;
  /** What the string is. `path`: not empty, at most 4095 bytes; `name`: one path component, not `.` or `..`. */
  readonly form?: "path" | "name";
}

export interface NumRow {
  /** The largest value allowed; `mask`: the bits allowed. Neither: any 64-bit value. Signed values are two's complement. */
  readonly max?: number;
  readonly mask?: number;
  readonly signed?: true;
}

export interface OpRow {
  readonly code: number;
  readonly phases: readonly Phase[];
  /** Slots that the op uses, at most three, in wire order. */
  readonly slots?: Readonly<Record<string, SlotRow>>;
  /** The type of the slot that the op defines. */
  readonly out?: SlotType;
  /** At most three references into the string or blob section, in wire order. */
  readonly data?: Readonly<Record<string, DataRow>>;
  /** At most five 64-bit numbers, in wire order. */
  readonly nums?: Readonly<Record<string, NumRow>>;
  readonly flags?: readonly OpFlag[];
  /** The satellite that carries it out for the launcher. */
  readonly satellite?: SatelliteName;
  /** The kernel calls that it makes, for error texts. */
  readonly call: string;
  readonly doc: string;
}

const S = (...types: SlotType[]): { readonly types: readonly SlotType[] } => ({ types });
const u32 = { max: 0xffffffff } as const;
const u31 = { max: 0x7fffffff } as const;
const u64 = {} as const;
const bool = { max: 1 } as const;
const path = { kind: "string", form: "path" } as const;
const name = { kind: "string", form: "name" } as const;
/** How a path is resolved beneath its slot (openat2(2)). Magic links are never followed. */
export const resolveModes = { "in-root": 0, beneath: 1, "no-symlinks": 2 } as const;
const resolve = { max: 2 } as const;
/** Propagation of a mount (mount_setattr(2)); `keep` leaves it. */
export const propagations = { keep: 0, private: 1, slave: 2, shared: 3, unbindable: 4, "private-shared": 5 } as const;
const propagation = { max: 5 } as const;
/** MOUNT_ATTR_* bits that a plan may set or clear. */
const attrs = { mask: 0x2000ff } as const;
/** LANDLOCK_ACCESS_FS_*, LANDLOCK_ACCESS_NET_* and LANDLOCK_SCOPE_* up to ABI 6. */
const landlockFs = { mask: 0xffff } as const;
const landlockNet = { mask: 3 } as const;
const landlockScope = { mask: 3 } as const;
/** CLONE_NEW*: time 0x80, ns 0x20000, cgroup 0x02000000, uts, ipc, user, pid, net. */
const cloneFlags = { mask: 0x7e020080 } as const;

export const opTable = {
  // Openers. Paths occur here and in ops that look a name up beneath a slot, nowhere else.
  "open-root": { code: 1, phases: ["host", "inside", "rooted"], out: "dir", call: "openat", doc: "opens / : the host's before the root transition, the container's after it" },
  "open-cwd": { code: 2, phases: ["inside"], out: "dir", call: "openat", doc: "opens the working directory: the one that `enter-dir` chose, as the new mount namespace has it" },
  "enter-dir": { code: 3, phases: ["host"], slots: { dir: { ...S("dir"), move: true } }, flags: ["keep"], call: "fchdir", doc: "makes a directory the launcher's working directory, so that init finds it in its own mount namespace" },
  "open-dir": { code: 4, phases: ["host", "inside", "rooted"], slots: { at: S("dir", "tree") }, data: { path }, nums: { resolve }, out: "dir", call: "openat2", doc: "opens a directory beneath a slot" },
  "open-object": { code: 5, phases: ["host", "inside", "rooted"], slots: { at: S("dir", "tree") }, data: { path }, nums: { resolve, type: { max: 0xf000 }, major: u32, minor: u32 }, out: "object", call: "openat2", doc: "opens any object O_PATH; a non-zero type (S_IFMT bits) and, for devices, the number must match" },
  "open-namespace": { code: 6, phases: ["host"], slots: { at: S("dir") }, data: { path }, nums: { type: cloneFlags }, out: "ns", call: "openat2, NS_GET_NSTYPE", doc: "opens a namespace of the host by path and checks that it is one of that type; the one opener that follows magic links" },
  "open-process": { code: 7, phases: ["host"], slots: { proc: { ...S("proc"), optional: true } }, nums: { pid: { max: 0x7fffffff }, startTime: u64, inode: u64 }, out: "pidfd", call: "pidfd_open", doc: "opens a process and checks its start time (clock ticks since boot; only with a procfs) and its pidfs inode. Inode 0 means not known, and a procfs is then required. ESRCH if the process is another" },
  "open-procfs": { code: 8, phases: ["host"], out: "proc", call: "fsopen", doc: "the launcher's own procfs (subset=pid), or for an unprivileged caller the ambient one after checking it is procfs and not over-mounted" },
  "open-exec": { code: 9, phases: ["host"], slots: { at: S("dir") }, data: { path }, nums: { resolve }, out: "exec", call: "openat2", doc: "opens a program of the host" },

  // The tree.
  "clone-tree": { code: 10, phases: ["host", "inside", "rooted"], slots: { source: { ...S("dir", "object", "tree", "pty"), move: true } }, nums: { recursive: bool, propagation: { max: 2 } }, out: "tree", flags: ["keep", "apart"], call: "open_tree", doc: "clones a mount, detached, and makes the clone private or slave (recursively) at once" },
  "make-fs": { code: 11, phases: ["host", "inside", "rooted"], slots: { pidns: { ...S("ns"), optional: true }, at: { ...S("dir"), optional: true } }, data: { type: { kind: "string" }, source: { kind: "string", optional: true }, options: { kind: "strings", optional: true } }, nums: { attrs }, out: "tree", call: "fsopen, fsconfig, fsmount", doc: "makes a new detached file system; options are `key=value` strings or bare flags; a procfs shows the pid namespace that is given, else init's. With `at` that directory becomes the working directory first: relative paths in options, such as those of an overlay's layers, count from it" },
  "set-mount": { code: 12, phases: ["host", "parent", "inside", "rooted"], slots: { tree: S("tree"), userns: { ...S("ns"), optional: true } }, nums: { set: { mask: 0x3000ff }, clear: { mask: 0x2000ff }, propagation, recursive: bool }, call: "mount_setattr", doc: "sets attributes and propagation of a mount; with a user namespace and MOUNT_ATTR_IDMAP its ids are mapped" },
  "mount-point": { code: 13, phases: ["host", "inside", "rooted"], slots: { at: S("dir", "tree") }, data: { path }, nums: { kind: { max: 2 }, mode: { max: 0o7777 }, resolve }, out: "object", call: "openat2, mkdirat, mknodat", doc: "opens a mount point, in-root (or without following any link), creating what is missing exclusively (kind 0 directory, 1 regular file, 2 must exist)" },
  attach: { code: 14, phases: ["inside", "rooted"], slots: { tree: { ...S("tree"), move: true }, target: { ...S("object", "dir"), move: true } }, flags: ["keep"], call: "move_mount", doc: "attaches a detached tree on a mount point" },
  "attach-root": { code: 15, phases: ["inside"], slots: { tree: S("tree"), target: { ...S("dir", "object"), move: true } }, call: "move_mount", doc: "attaches the root tree and keeps it as the slot that later paths are resolved beneath" },
  "isolate-mounts": { code: 16, phases: ["inside"], nums: { propagation: { max: 2 } }, call: "mount_setattr", doc: "makes every mount of the new mount namespace slave or private, recursively" },
  "make-masks": { code: 17, phases: ["inside", "rooted"], data: { label: { kind: "string", optional: true } }, out: "tree", call: "fsopen, fsmount, mknodat, mkdirat", doc: "one read-only file system with an empty file and an empty directory, with that SELinux label: what masked paths are covered with" },
  mask: { code: 18, phases: ["rooted"], slots: { root: S("tree", "dir"), masks: S("tree") }, data: { path }, flags: ["absent-ok"], call: "openat2, open_tree, move_mount", doc: "covers a path with the empty file or directory" },
  "readonly-path": { code: 19, phases: ["rooted"], slots: { root: S("tree", "dir") }, data: { path }, flags: ["absent-ok"], call: "openat2, open_tree, mount_setattr, move_mount", doc: "covers a path with a read-only clone of itself" },
  "expect-mount": { code: 20, phases: ["inside", "rooted"], slots: { root: S("tree", "dir") }, data: { path }, nums: { magic: u32, require: { mask: 0x3fff } }, call: "openat2, statx, fstatfs", doc: "checks that a path is the root of a mount, of that file system (0: any), with at least those ST_* flags" },
  pivot: { code: 21, phases: ["inside"], slots: { root: S("tree") }, call: "pivot_root, umount2", doc: "the root transition: pivots into the root tree and detaches the old root" },
  chroot: { code: 22, phases: ["inside"], slots: { root: S("dir") }, call: "fchdir, chroot", doc: "the root transition where no new mount namespace is asked for" },
  "make-node": { code: 23, phases: ["host", "inside", "rooted"], slots: { at: S("tree", "dir") }, data: { path }, nums: { mode: { max: 0xffff }, major: { max: 0xfff }, minor: { max: 0xfffff }, uid: u32, gid: u32 }, call: "mknodat, mkdirat", doc: "makes a node, regular file or directory exclusively (missing parents with mode 0755), with that owner and mode" },
  "make-link": { code: 24, phases: ["inside", "rooted"], slots: { at: S("tree", "dir") }, data: { path, target: { kind: "string" } }, flags: ["absent-ok"], call: "symlinkat", doc: "makes a symbolic link exclusively" },
  "make-userns": { code: 25, phases: ["host"], slots: { proc: S("proc") }, data: { uids: { kind: "string" }, gids: { kind: "string" } }, out: "ns", call: "clone3", doc: "a user namespace that only carries id maps, for idmapped mounts" },

  // Terminal.
  "open-ptmx": { code: 26, phases: ["inside"], slots: { devpts: S("tree", "dir") }, out: "pty", flags: ["device"], call: "openat, unlockpt", doc: "opens a new pseudoterminal of that devpts, which it checks to be one, and unlocks it. With `device` the directory is the /dev of the host" },
  "open-peer": { code: 27, phases: ["inside"], slots: { master: S("pty") }, out: "pty", call: "TIOCGPTPEER", doc: "the other end of a pseudoterminal" },
  "set-window": { code: 28, phases: ["inside"], slots: { pty: S("pty") }, nums: { rows: { max: 0xffff }, columns: { max: 0xffff } }, call: "TIOCSWINSZ", doc: "sets the size of a terminal, in characters" },
  "new-session": { code: 29, phases: ["inside", "drop"], slots: { pty: { ...S("pty"), optional: true } }, call: "setsid, TIOCSCTTY", doc: "a new session, with that controlling terminal if one is given" },
  "send-fd": { code: 30, phases: ["parent", "inside"], slots: { socket: S("socket"), fd: { ...S("pty", "file", "pidfd", "listener"), move: true } }, data: { name: { kind: "string" } }, flags: ["keep"], call: "sendmsg", doc: "sends a descriptor over a socket (the console socket, that for the pidfd, or the caller's), with a name as the message" },
  "give-slot": { code: 31, phases: ["inside"], slots: { slot: { ...S("pty"), move: true } }, call: "sendmsg", doc: "init passes a descriptor to the launcher; the launcher's next `take-slot` receives it" },
  "take-slot": { code: 32, phases: ["parent"], out: "pty", call: "recvmsg, TIOCSWINSZ", doc: "receives what init's next `give-slot` passes; in a plan of kind restore, the terminal that CRIU's notification came with. Without `set-window` the terminal gets the size of the caller's" },
  "connect-socket": { code: 33, phases: ["host"], slots: { at: S("dir") }, data: { path }, out: "socket", call: "connect", doc: "connects to a unix stream socket of the host (the console socket)" },

  // Names, network, kernel parameters.
  "set-hostname": { code: 34, phases: ["inside", "rooted"], data: { name: { kind: "string" } }, call: "sethostname", doc: "sets the host name" },
  "set-domainname": { code: 35, phases: ["inside", "rooted"], data: { name: { kind: "string" } }, call: "setdomainname", doc: "sets the NIS domain name" },
  "loopback-up": { code: 36, phases: ["inside"], call: "SIOCSIFFLAGS", doc: "brings the loopback interface up" },
  sysctl: { code: 37, phases: ["inside", "rooted"], slots: { parameters: S("dir") }, data: { key: path, value: { kind: "string" }, expect: { kind: "string", optional: true } }, call: "openat2, write, pread64", doc: "writes a kernel parameter: a key with slashes, beneath the directory `sys` of a procfs made by init. It is read back where the plan says what it expects: the text, of which the kernel may have more columns" },
  "new-keyring": { code: 38, phases: ["inside", "drop"], call: "keyctl", doc: "joins a new, unnamed session keyring" },

  // The launcher, after the clone.
  "write-idmap": { code: 39, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd") }, data: { uids: { kind: "string", optional: true }, gids: { kind: "string", optional: true } }, nums: { denySetgroups: bool }, call: "write", doc: "writes the id maps of init's user namespace, once, and reads them back" },
  "spawn-idmap": { code: 40, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd"), helper: S("exec") }, data: { map: { kind: "string" } }, nums: { gid: bool }, call: "execveat, waitid", doc: "has newuidmap(1) or newgidmap(1) write one id map, and reads it back" },
  "set-oom-score": { code: 41, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd") }, nums: { score: { signed: true } }, call: "write", doc: "sets oom_score_adj, -1000 to 1000" },
  "set-rlimit": { code: 42, phases: ["parent"], slots: { process: S("pidfd") }, nums: { resource: { max: 15 }, soft: u64, hard: u64, raise: bool }, call: "prlimit64", doc: "sets a resource limit and reads it back; with raise = 1 neither part of it becomes lower than it is" },
  "record-process": { code: 43, phases: ["parent"], slots: { state: S("dir"), proc: S("proc"), process: S("pidfd") }, call: "openat, renameat", doc: "writes init's pid, start time, pidfs inode and the boot id into the state directory (file `process`), before init may go on" },
  release: { code: 44, phases: ["parent"], call: "sendmsg", doc: "tells init which descriptor each slot is, so that it starts its ops" },
  adopt: { code: 45, phases: ["parent"], slots: { process: { ...S("pidfd"), move: true } }, out: "pidfd", call: "recvmsg, pidfd_open", doc: "takes over the process that init made with `fork`, or that CRIU made" },
  report: { code: 46, phases: ["host", "parent"], slots: { process: S("pidfd") }, nums: { state: { max: 2 } }, call: "write", doc: "writes a report record: the state reached (1 created, 2 running; the others are the launcher's own to say), the pid and its identity" },
  "await-exec": { code: 47, phases: ["parent"], slots: { process: S("pidfd") }, call: "poll", doc: "waits until init has said `exec now` and its socket has ended" },
  wait: { code: 48, phases: ["parent"], slots: { process: S("pidfd"), pty: { ...S("pty"), optional: true } }, call: "poll, waitid", doc: "waits for the container to end, passing signals on and relaying the terminal" },

  // cgroups.
  "open-cgroup": { code: 49, phases: ["host", "parent"], slots: { at: S("dir") }, data: { path }, nums: { version: { max: 3 } }, out: "cgroup", flags: ["absent-ok"], call: "openat2, fstatfs", doc: "opens a cgroup directory of the host and checks that it is on a cgroup file system of that version (3: on resctrl)" },
  "make-cgroup": { code: 50, phases: ["host", "parent"], slots: { parent: S("cgroup") }, data: { path }, nums: { exist: bool }, out: "cgroup", call: "mkdirat", doc: "makes a cgroup beneath another, with missing parents; with exist = 0 the last one must be new. What it made is removed when the launch fails" },
  "write-cgroup": { code: 51, phases: ["host", "parent"], slots: { cgroup: S("cgroup") }, data: { file: name, value: { kind: "string" } }, flags: ["absent-ok"], call: "openat, write", doc: "writes one control file" },
  "join-cgroup": { code: 52, phases: ["parent"], slots: { cgroup: S("cgroup"), process: S("pidfd") }, data: { file: { ...name, optional: true } }, call: "write", doc: "moves init into a cgroup (v1), or a resctrl group, by writing its pid to that file (`cgroup.procs` unless said)" },
  "set-device-filter": { code: 53, phases: ["host", "parent"], slots: { cgroup: S("cgroup") }, data: { program: { kind: "bytes" } }, call: "bpf", doc: "loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it" },
  "kill-cgroup": { code: 54, phases: ["host", "parent"], slots: { cgroup: S("cgroup") }, nums: { version: { max: 2 }, signal: { max: 64 } }, call: "write, kill", doc: "signals every process of a cgroup and of those beneath, SIGKILL by cgroup.kill where there is one. Version 1 has none: there SIGKILL is sent until a pass finds no process while the freezer holds all of them, then what is frozen is let go on. Where a cgroup above is frozen the signal stays pending. After ten seconds the op fails with ETIMEDOUT" },
  "remove-cgroup": { code: 55, phases: ["host", "parent"], slots: { parent: S("cgroup") }, data: { path }, nums: { timeoutMs: { max: 60000 } }, flags: ["absent-ok"], call: "unlinkat", doc: "removes a cgroup and those beneath it. EBUSY: after the time a process was left; ETIMEDOUT: there were too many for the time, and another call goes on with the rest" },

  // Processes and namespaces.
  clone: { code: 56, phases: ["host"], slots: { cgroup: { ...S("cgroup"), optional: true } }, nums: { namespaces: cloneFlags, vfork: bool }, out: "pidfd", call: "clone3, execveat", doc: "makes init: clone3(CLONE_PIDFD | CLONE_CLEAR_SIGHAND …), which executes the init program from a sealed memfd. With vfork init shares the memory of the launcher until then; without, init waits for `release` first, so that id maps are there" },
  "join-namespaces": { code: 57, phases: ["inside"], slots: { ns: S("ns", "pidfd") }, nums: { types: cloneFlags }, call: "setns", doc: "joins one namespace, or through a pidfd several at once" },
  fork: { code: 58, phases: ["inside", "drop"], nums: { namespaces: cloneFlags }, call: "clone", doc: "init makes another process in the namespaces joined so far (CLONE_PARENT) and ends; the new one goes on, with memory of its own. In phase drop it makes no namespace" },
  unshare: { code: 59, phases: ["host", "inside"], nums: { namespaces: { mask: 0x0a000080 } }, call: "unshare", doc: "a new cgroup or ipc namespace (init; ipc in a user namespace, so that its mqueue belongs to the container's root) or time namespace for children" },
  "set-time-offsets": { code: 60, phases: ["host"], slots: { proc: S("proc") }, data: { offsets: { kind: "string" } }, call: "write, read", doc: "writes timens_offsets of the calling process, a line for each clock by its name, and reads them back" },
  become: { code: 61, phases: ["inside"], nums: { uid: u32, gid: u32 }, call: "setresgid, setresuid", doc: "acts as those ids while the tree is made, keeping capabilities" },
  "set-dumpable": { code: 62, phases: ["inside", "rooted", "drop"], nums: { value: { max: 0 } }, call: "prctl", doc: "makes init non-dumpable" },
  signal: { code: 63, phases: ["host"], slots: { process: S("pidfd") }, nums: { signal: { max: 64 } }, call: "pidfd_send_signal", doc: "sends a signal to a process" },
  "await-end": { code: 64, phases: ["host"], slots: { process: S("pidfd") }, nums: { timeoutMs: { max: 600000 } }, call: "poll", doc: "waits for a process to end; ETIMEDOUT" },

  // Rights.
  "drop-bounding": { code: 65, phases: ["drop"], nums: { keep: u64 }, call: "prctl", doc: "drops every capability that is not in the mask from the bounding set" },
  "set-ids": { code: 66, phases: ["drop"], data: { groups: { kind: "bytes", optional: true } }, nums: { uid: u32, gid: u32, setGroups: bool }, call: "setgroups, setresgid, setresuid", doc: "sets supplementary groups (u32 little-endian), gid and uid, keeping capabilities for `set-caps`; reads back" },
  "set-caps": { code: 67, phases: ["drop"], nums: { effective: u64, permitted: u64, inheritable: u64, ambient: u64 }, call: "capset, prctl", doc: "sets the four sets exactly and reads them back" },
  "set-no-new-privs": { code: 68, phases: ["drop"], call: "prctl", doc: "no_new_privs" },
  "load-seccomp": { code: 69, phases: ["drop", "exec"], data: { program: { kind: "bytes" } }, nums: { filterFlags: { mask: 0x37 } }, call: "seccomp", doc: "loads a seccomp filter (struct sock_filter, little-endian), which has no listener" },
  "set-umask": { code: 70, phases: ["rooted", "drop"], nums: { mask: { max: 0o777 } }, call: "umask", doc: "sets the file mode creation mask" },
  "change-dir": { code: 71, phases: ["rooted", "drop"], slots: { root: { ...S("tree", "dir") } }, data: { path }, call: "openat2, fchdir, getcwd", doc: "changes into a directory, in-root, and checks that the kernel can name it" },
  "find-exec": { code: 72, phases: ["drop"], data: { candidates: { kind: "strings" } }, call: "statx, faccessat2", doc: "finds the first candidate that is an executable regular file; `exec` runs it" },
  "set-death-signal": { code: 73, phases: ["drop"], nums: { signal: { max: 64 } }, call: "prctl", doc: "the signal that init gets when the launcher ends" },
  "place-fd": { code: 74, phases: ["drop"], slots: { fd: { ...S("file", "pty", "socket"), move: true } }, nums: { target: { max: 65535 } }, flags: ["keep"], call: "dup3", doc: "gives a descriptor its final number, kept over exec" },

  // Gate, start, exec.
  "make-gate": { code: 75, phases: ["host"], slots: { state: S("dir") }, out: "socket", call: "socket, bind, listen", doc: "a listening seqpacket socket named `gate` in the state directory" },
  gate: { code: 76, phases: ["gate"], slots: { socket: { ...S("socket"), move: true } }, call: "accept4, recvmsg", doc: "waits for `start`" },
  "start-container": { code: 77, phases: ["host"], slots: { state: S("dir"), process: S("pidfd") }, nums: { timeoutMs: { max: 600000 } }, call: "connect, sendmsg, recvmsg", doc: "connects to the gate, says go, and checks that the container executes its program" },
  exec: { code: 78, phases: ["exec"], data: { args: { kind: "strings" }, env: { kind: "strings", optional: true } }, flags: ["init"], call: "execve", doc: "executes what `find-exec` found, with what `find-home` found; with `init` in a child" },

  // Flow.
  sync: { code: 79, phases: ["parent", "inside", "rooted", "drop"], nums: { number: { max: 255 } }, call: "sendmsg, recvmsg", doc: "the launcher and init meet: neither goes on before the other is there" },
  close: { code: 80, phases: ["host", "parent", "inside", "rooted", "drop"], slots: { slot: { ...S("dir", "object", "tree", "ns", "pidfd", "cgroup", "file", "socket", "pty", "exec", "proc", "bus", "label", "listener"), move: true } }, call: "close", doc: "closes a slot" },

  // Appended.
  "copy-up": { code: 81, phases: ["inside"], slots: { source: S("object", "dir"), tree: S("tree") }, call: "open_tree, mount_setattr, getdents64, openat2, sendfile", doc: "copies what a directory holds into a new file system (tmpcopyup): files, directories and links with owner and mode, nothing else. It reads through a clone of the mount that is read-only and nodev" },
  "copy-mode": { code: 82, phases: ["inside"], slots: { source: S("object", "dir", "tree"), tree: S("tree") }, data: { path: { ...path, optional: true } }, nums: { resolve }, flags: ["absent-ok"], call: "statx, fchmodat", doc: "gives the root of a new file system the mode of the directory that it will cover: `source`, or what `path` is beneath `source`. With `absent-ok` the file system keeps its own mode if there is no directory" },
  "write-first": { code: 83, phases: ["host", "parent"], slots: { cgroup: S("cgroup") }, data: { files: { kind: "strings" } }, call: "openat, write", doc: "writes the first control file that exists, of a run of names each followed by its value; ENOENT if no file exists" },
  "own-cgroup": { code: 84, phases: ["host", "parent"], slots: { cgroup: S("cgroup") }, data: { files: { kind: "strings", optional: true } }, nums: { uid: u32 }, call: "fchownat", doc: "gives a cgroup to a user: the directory and those of the named files that there are" },
  "freeze-cgroup": { code: 85, phases: ["host"], slots: { cgroup: S("cgroup") }, nums: { version: { max: 2 }, frozen: bool, timeoutMs: { max: 60000 } }, flags: ["absent-ok"], call: "write, read", doc: "stops or resumes every process of a cgroup, and waits until the kernel confirms this. If a process does not stop in time, all resume, and the op fails with ETIMEDOUT" },
  spawn: { code: 86, phases: ["host", "parent", "inside", "exec"], slots: { program: { ...S("exec"), move: true, optional: true }, cwd: { ...S("dir", "tree"), optional: true } }, data: { args: { kind: "strings" }, env: { kind: "strings", optional: true }, input: { kind: "bytes" } }, nums: { timeoutMs: u31, pidAt: u32, home: { max: 1 } }, flags: ["go-on"], call: "clone, execveat", doc: "runs a program (a hook) and waits for its end. `args` are its path and then its arguments. Its environment is `env`, with `home` 1 also the HOME that `find-home` has found; its standard input is `input`, and its output goes to standard error. Its working directory is `cwd`; without one it is `/`, in phase exec that of init. The container's pid is put into `input` at `pidAt` as ten characters, blanks last (0xffffffff: nowhere). After `timeoutMs` (0: never) it is killed" },
  "set-scheduler": { code: 87, phases: ["parent"], slots: { process: S("pidfd") }, data: { attr: { kind: "bytes" } }, call: "sched_setattr", doc: "sets scheduling policy and parameters (struct sched_attr, 56 bytes, little-endian) and reads them back" },
  "set-io-priority": { code: 88, phases: ["parent"], slots: { process: S("pidfd") }, nums: { value: { max: 0xffff } }, call: "ioprio_set", doc: "sets the I/O priority (class in the bits from 13 on) and reads it back" },
  "set-affinity": { code: 89, phases: ["host", "parent"], slots: { process: { ...S("pidfd"), optional: true } }, data: { cpus: { kind: "bytes" } }, call: "sched_setaffinity", doc: "sets the CPUs of init (a bit mask, little-endian); without a process those of the launcher, which its children inherit. Of the CPUs that exist, no other may be left in the mask" },
  "set-personality": { code: 90, phases: ["drop"], nums: { persona: u32 }, call: "personality", doc: "sets the execution domain and reads it back" },
  "set-memory-policy": { code: 91, phases: ["drop"], data: { nodes: { kind: "bytes", optional: true } }, nums: { mode: { max: 0xffff } }, call: "set_mempolicy", doc: "sets the NUMA memory policy: mode with its flags, and nodes as a bit mask (little-endian); reads the mode back" },
  "load-listener": { code: 92, phases: ["drop", "exec"], slots: { socket: { ...S("socket"), move: true } }, data: { program: { kind: "bytes" }, message: { kind: "bytes" } }, nums: { filterFlags: { mask: 0x36 }, pidAt: u32, statePidAt: u32 }, flags: ["beside"], call: "seccomp, sendmsg", doc: "loads a seccomp filter with notifications, and sends the listener to another program with a message. Init's pid, as the launcher sees it, is put into the message at two places as ten characters, blanks last (0xffffffff: nowhere)" },
  "open-label": { code: 93, phases: ["inside"], slots: { proc: S("proc") }, data: { path }, out: "label", call: "openat2", doc: "opens a label attribute of init itself beneath a procfs, where the kernel has no lsm_set_self_attr(2): what `set-label` writes then" },
  "set-label": { code: 94, phases: ["inside", "drop"], slots: { file: { ...S("label"), move: true, optional: true }, tree: { ...S("tree"), optional: true } }, data: { value: { kind: "string" }, expect: { kind: "string", optional: true } }, nums: { lsm: { max: 0xffff }, attribute: { max: 0xffff } }, call: "lsm_set_self_attr", doc: "sets a label. Of init itself: the attribute (LSM_ATTR_*) of a security module (LSM_ID_*), by lsm_set_self_attr(2) or through its file. The file is read back and must say `expect`; without `expect` the plan cannot know the kernel's form. Of the root of a tree that has no mount option for it: security.selinux, which is read back too" },
  "connect-bus": { code: 95, phases: ["host", "parent"], slots: { at: S("dir") }, data: { path }, nums: { timeoutMs: { max: 600000 } }, out: "bus", satellite: "bus", call: "connect, D-Bus authentication", doc: "connects to a message bus by the path of its socket, as the user that the caller is (SASL EXTERNAL)" },
  "call-bus": { code: 96, phases: ["host", "parent"], slots: { bus: S("bus"), process: { ...S("pidfd"), optional: true } }, data: { message: { kind: "bytes" }, except: { kind: "string", optional: true } }, nums: { pidAt: u32, job: bool, timeoutMs: { max: 600000 } }, flags: ["undo"], satellite: "bus", call: "sendto, D-Bus call", doc: "sends a method call (D-Bus, little-endian) and waits for the answer. Init's pid is put into the call as u32 at `pidAt` (0xffffffff: nowhere; else with `process`). With `job` the answer names a job of systemd, which must end with `done`. An error named `except` is ignored" },
  "expect-cgroup": { code: 97, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd") }, data: { path, controller: { kind: "string", optional: true } }, call: "read", doc: "checks that init is in that cgroup of the hierarchy of that version 1 controller (`name=…`: of a named one), else of the unified hierarchy" },
  "move-netdev": { code: 98, phases: ["parent"], slots: { namespace: S("pidfd", "ns") }, data: { name, newName: { ...name, optional: true } }, satellite: "network", call: "setns, rtnetlink", doc: "moves an interface of the host into the network namespace of a process or of a slot, and sets it up. A new name is optional; the kernel replaces `%d` in the name by a number. Permanent addresses of global scope move too. The interface comes back if the launch fails" },
  "bind-notify": { code: 99, phases: ["host"], slots: { state: S("dir"), at: S("dir") }, data: { path: { kind: "string" } }, out: "socket", flags: ["absent-ok"], call: "mkdirat, bind, connect", doc: "makes the datagram socket `notify/notify.sock` in the state directory, which receives the container's readiness (sd_notify(3)). It checks that the caller's own socket, at that path or abstract name (`@`), can be reached, unless `absent-ok` is set" },
  "relay-notify": { code: 100, phases: ["host", "parent"], slots: { socket: { ...S("socket"), move: true }, at: S("dir"), process: S("pidfd") }, data: { path: { kind: "string" } }, nums: { main: bool }, satellite: "notify", call: "recvfrom, sendmsg", doc: "tells the caller's socket that the container is ready, once it says so or until it ends. main = 1: waits for that, and names the container's pid as the main one; 0: a child of the launcher does it meanwhile" },
  "start-criu": { code: 101, phases: ["host"], slots: { program: { ...S("exec"), move: true }, root: { ...S("dir"), optional: true }, cgroup: { ...S("cgroup"), optional: true } }, data: { args: { kind: "strings" }, env: { kind: "strings", optional: true } }, nums: { namespaces: { mask: 0x02020000 }, propagation: { max: 2 }, attrs: { mask: 1 } }, out: "pidfd", call: "clone3, unshare, move_mount, execveat", doc: "starts a program that serves CRIU's requests on descriptor 3: it has no other descriptors than those of `pass-fd`, no environment but `env`, and working directory `/`. It begins with its first request, then makes the namespaces. In a mount namespace of its own every mount becomes slave or private as with `isolate-mounts`, so that nothing reaches the host. `root` becomes a mount point with those MOUNT_ATTR_*, which CRIU copies" },
  "ask-criu": { code: 102, phases: ["host", "parent"], data: { request: { kind: "bytes" }, until: { kind: "string", optional: true } }, nums: { timeoutMs: u31 }, satellite: "criu", call: "sendto, recvmsg", doc: "sends a request to CRIU and confirms its notifications, up to the notification `until`, which the next request answers. Without `until` it waits for the answer, after which CRIU ends. A notification names the process that CRIU has made, which must be a child of the launcher's" },
  "pass-fd": { code: 103, phases: ["host"], slots: { fd: S("file", "dir", "ns") }, nums: { target: { max: 63 } }, call: "fcntl, dup3", doc: "gives what `start-criu` starts a descriptor under that number; 3, which is its socket, is the launcher's own number instead, where CRIU looks for its working directory" },
  confine: { code: 104, phases: ["parent"], slots: { process: S("pidfd"), pty: { ...S("pty"), optional: true } }, data: { program: { kind: "bytes" } }, nums: { fs: { mask: 0xffff }, net: { mask: 3 }, scoped: { mask: 3 }, afterMs: { max: 1000 } }, call: "ppoll, prctl, landlock_create_ruleset, landlock_restrict_self, seccomp", doc: "confines the launcher before it waits: it closes mounts that no later op of it names, and gets a Landlock domain and a seccomp filter (struct sock_filter, little-endian). The domain allows none of the named rights on files (LANDLOCK_ACCESS_FS_*), of the network (LANDLOCK_ACCESS_NET_*) and out of its scope (LANDLOCK_SCOPE_*), as far as the kernel knows them. What the kernel lacks is skipped. The launcher loads both when the container has lived for `afterMs`, or earlier, before it reads a signal or the terminal. If the container has ended by then, nothing is loaded" },
  "expect-initramfs": { code: 105, phases: ["host"], slots: { proc: S("proc") }, call: "statx, read", doc: "checks that the root directory is of the one mount that has no parent, an initramfs: pivot_root(2) does not work there" },
  "enter-tree": { code: 106, phases: ["inside"], slots: { tree: S("tree") }, call: "fchdir, chroot", doc: "makes an attached copy of an initramfs the root directory, so that there is something that can be pivoted out of" },
  "lock-mounts": { code: 107, phases: ["rooted"], nums: { seen: bool }, call: "clone3, setns", doc: "enters a copy of the mount namespace that a further user namespace owns. The kernel locks every mount of the copy and its flags. A child makes the copy and ends; init stays in its own user namespace, and checks that its root is another mount. seen = 1: the child is dumpable, which setns(2) requires if init's memory belongs to an outer user namespace" },
  "mark-cgroup": { code: 108, phases: ["host", "parent"], slots: { cgroup: S("cgroup"), state: S("dir") }, data: { attribute: name }, call: "statx, fsetxattr", doc: "says in an extended attribute of a cgroup whose it is: device and inode of the state directory (2 × u64). EEXIST when it is another's. The mark goes when the launch fails" },
  "expect-mark": { code: 109, phases: ["host"], slots: { cgroup: S("cgroup"), state: S("dir") }, data: { attribute: name }, call: "statx, fgetxattr", doc: "checks that a cgroup which has a mark has that of this state directory" },
  "expect-root": { code: 110, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd") }, nums: { require: { mask: 0x3fff } }, call: "openat2, fstatfs", doc: "checks that the root directory of a process is of a mount with at least those ST_* flags" },
  "set-own-rlimit": { code: 111, phases: ["drop"], nums: { resource: { max: 15 }, soft: u64, hard: u64 }, call: "prlimit64", doc: "sets a resource limit of init itself and reads it back: one that its last fork must not meet" },
  "own-stream": { code: 112, phases: ["parent", "drop"], slots: { stream: S("file") }, nums: { uid: u32 }, call: "statx, fchown", doc: "gives a standard stream to the user of the container, so that the user may open it again by name (/dev/stdout). Only a pipe, a socket, or a regular file that is open for writing changes its owner. The file must belong to the caller, or to the user that init still is. EPERM, EROFS and EINVAL are ignored, as in runc" },
  "find-home": { code: 113, phases: ["drop"], slots: { root: S("tree", "dir") }, data: { otherwise: { kind: "string" } }, nums: { uid: u32 }, call: "openat2, statx, read", doc: "finds the home directory of a user in `etc/passwd` beneath the container's root, a regular file of which at most 1 MiB is read. `exec` adds it to the environment as HOME. Without one `exec` adds `otherwise` (`HOME=…`)" },
  "plain-output": { code: 114, phases: ["inside"], slots: { pty: S("pty") }, call: "TCGETS, TCSETS", doc: "a terminal whose output no terminal reads: a newline is written as it is, without a carriage return (ONLCR of termios(3) is cleared)" },
  "make-file": { code: 115, phases: ["inside"], slots: { at: S("tree", "dir") }, data: { path, content: { kind: "bytes", optional: true } }, nums: { mode: { max: 0o777 } }, call: "openat, write", doc: "makes a regular file with that content exclusively (missing parents with mode 0755)" },
  listen: { code: 116, phases: ["inside"], nums: { port: { max: 65535 } }, out: "listener", call: "socket, bind, listen", doc: "listens on a TCP port of 127.0.0.1, in init's network namespace. Who gets the socket answers what connects to the port in the container" },
  dial: { code: 117, phases: ["host"], slots: { process: S("pidfd"), socket: S("socket") }, data: { name: { kind: "string" } }, nums: { namespaces: { mask: 0x50000000 }, port: { max: 65535 } }, call: "setns, connect, sendmsg", doc: "enters those namespaces of a process, and connects to a TCP port of 127.0.0.1 there, or of ::1 where nothing listens at 127.0.0.1. The connection is sent over a socket, with a name as the message. ETIMEDOUT: nobody has taken it in 10 s" },
  "guard-path": { code: 118, phases: ["rooted"], slots: { root: S("tree", "dir") }, data: { path }, nums: { readonly: { max: 2 } }, call: "openat2, open_tree, mount_setattr, move_mount", doc: "covers a path, to which no link may lead, with a clone of itself, which is read-only (1) or not: nobody inside can rename or remove what has the name. With 2 the path may be a link itself. It must exist" },

  // Landlock.
  "make-ruleset": { code: 119, phases: ["inside", "rooted"], nums: { fs: landlockFs, net: landlockNet, scoped: landlockScope }, out: "ruleset", call: "landlock_create_ruleset", doc: "makes a Landlock ruleset that handles those rights on files (LANDLOCK_ACCESS_FS_*), of TCP (LANDLOCK_ACCESS_NET_*) and out of its scope (LANDLOCK_SCOPE_*): what no rule allows is denied. EINVAL or E2BIG if the kernel lacks one of the rights" },
  "allow-path": { code: 120, phases: ["inside", "rooted"], slots: { ruleset: S("ruleset"), object: S("dir", "object", "tree") }, nums: { access: landlockFs }, call: "landlock_add_rule", doc: "allows those rights on a file, or beneath a directory. EINVAL if a right is for directories alone and the object is none" },
  "allow-port": { code: 121, phases: ["inside", "rooted"], slots: { ruleset: S("ruleset") }, nums: { port: { max: 65535 }, access: landlockNet }, call: "landlock_add_rule", doc: "allows those rights on a TCP port, whatever the address" },
  "enforce-ruleset": { code: 122, phases: ["drop"], slots: { ruleset: { ...S("ruleset"), move: true } }, call: "landlock_restrict_self", doc: "enforces a ruleset on init and on whatever init executes, for ever. No mount can be changed afterwards" },

  // The supervisor of guarded names.
  "start-supervisor": { code: 123, phases: ["host"], out: "socket", call: "socketpair, clone3, execveat", doc: "starts a satellite that makes names for the program where Landlock lets the program make none. Init sends it the listener of a filter (`load-listener`)" },
  supervise: { code: 124, phases: ["parent"], slots: { supervisor: S("socket"), proc: S("proc"), process: S("pidfd") }, data: { names: { kind: "strings", optional: true }, free: { kind: "strings", optional: true } }, nums: { uid: u32, gid: u32 }, satellite: "supervisor", call: "sendmsg, setns, setresuid", doc: "the supervisor enters the user and mount namespaces of a process, whose tree is made, and becomes that user of it. From then on it carries out the calls that the filter hands on, with the rights of that user. It never makes what `names` says (absolute paths of the container), whatever its case. A call goes on by itself beneath the directories `free`, and where it makes nothing: Landlock decides then. Without `names` every call goes on" },
  "reopen-stream": { code: 125, phases: ["parent"], slots: { stream: S("file") }, call: "fcntl, statx, fstatfs, fchmod", doc: "lets the container open a standard stream again by name (/dev/stdout), if the stream is a pipe without a name on the host. Others get the right to read or to write that the descriptor has, unless another container has the other end: then neither opens the pipe again. The owner stays. Anything else, such as a regular file, a FIFO or a terminal, stays as it is. EPERM is ignored" },
  hold: { code: 126, phases: ["parent"], slots: { process: S("pidfd") }, nums: { ageMs: { max: 600000 } }, call: "ppoll, read", doc: "waits until the caller lets the container go on: a byte 1 on the descriptor of the reports, which is a socket then. ECANCELED at the socket's end; ETIMEDOUT after that time; init-ended when the process ends. The time of the reports begins when the byte comes" },
  "open-userns": { code: 127, phases: ["parent"], slots: { proc: S("proc"), process: S("pidfd") }, out: "ns", call: "openat2", doc: "opens the user namespace of init. Mounts of the host get its id maps, which are written by then" },
  watch: { code: 128, phases: ["parent"], slots: { supervisor: S("socket"), watcher: S("socket") }, data: { calls: { kind: "bytes" } }, call: "sendmsg", doc: "gives a supervisor, right before `supervise`, a socket to send what calls of the program ask for: a path with its directory, or a socket address. Every call goes on as without it. A row of `calls` has 12 bytes. They are the AUDIT_ARCH_* and the number of a call, and the positions of its directory, its path and its flags (-1: none). The last byte is 1 where a socket address and its length are in the place of the path" },
  "start-network": { code: 129, phases: ["parent"], slots: { process: S("pidfd"), proc: S("proc"), program: { ...S("exec"), move: true } }, data: { args: { kind: "strings" }, rules: { kind: "bytes" } }, nums: { uid: u32, gid: u32, timeoutMs: { max: 600000 } }, call: "setns, unshare, XFRM_MSG_NEWPOLICY, execveat", doc: "starts a program that gives init's network namespace a user-mode network (pasta(1)), and waits until the program writes to descriptor 1. Descriptor 0 is that namespace, and 2 takes messages. The program is that user of init's user namespace, in a pid namespace that ends with the launcher. Policies of XFRM decide what may be reached. Of `rules` the first that has an address counts. A rule has 8 bytes: an IPv4 address, a port (0: all; the highest byte first), the bits of the prefix, and 1 where it blocks" },

  // Rights of a session.
  "change-mount": { code: 130, phases: ["host"], slots: { process: S("pidfd"), mount: S("object") }, nums: { namespaces: cloneFlags, readonly: bool, recursive: bool }, call: "setns, mount_setattr", doc: "enters those namespaces of a process, unless the op before has. It makes a mount there read-only, with all that is mounted beneath it if recursive = 1, or that mount alone writable. The object is the root of the mount. The kernel changes all of these mounts or none. EBUSY: something is open for writing. EINVAL: the mount is not one of the namespace" },
} as const satisfies Readonly<Record<string, OpRow>>;

export type OpTable = typeof opTable;
export type OpName = keyof OpTable;
