// The kernel calls that each op makes, and those that are made outside of any op. docs/formats/system-calls.md is made from this
// table. test/defence/system-calls.test.ts compares it with traces of the programs and with their sources.
import type { OpName } from "./op-table.ts";

/** What init calls where it stays as the first process. */
export const firstCalls =
  "capget capset clone close_range exit_group getpid ioctl kill prctl rt_sigtimedwait setpgid wait4";

/** Calls, blanks between them, by who makes them. */
export interface OpCalls {
  readonly launcher?: string;
  readonly init?: string;
  /** A process that either makes, until it executes a program. */
  readonly child?: string;
  /** Those of them that an ordinary run does not show, and when they are made; a text alone is about all of them. */
  readonly rare?: Readonly<Record<string, string>> | string;
  /** When there is a child at all, where an ordinary run does not show its calls. */
  readonly rareChild?: string;
}

/** What the launcher needs to start a satellite; a launcher that is confined has started it before. */
export const satelliteStart = "clone3 fchmod fcntl memfd_create socketpair";
/** The process that becomes a satellite, until it executes that. */
const satelliteChild = "close_range dup3 execveat exit_group prctl";

const fails = "when something fails";
const signal = "when a signal comes meanwhile";

export const opCalls: Readonly<Record<OpName, OpCalls>> = {
  "open-root": { launcher: "openat", init: "openat" },
  "open-cwd": { init: "openat" },
  "enter-dir": { launcher: "close fchdir" },
  "open-dir": { launcher: "openat2", init: "openat2", rare: "by the launcher, in plans of other callers" },
  "open-object": { launcher: "close openat2 statx", init: "close openat2 statx", rare: { close: fails } },
  "open-namespace": { launcher: "close fstatfs ioctl openat2", rare: { close: fails } },
  "open-process": {
    launcher: "close fstatfs openat2 pidfd_open pidfd_send_signal read statx",
    rare: { "close openat2 read": "before Linux 6.9, where the start time tells which process it is" },
  },
  "open-procfs": { launcher: "close fsconfig fsmount fsopen fstatfs getpid openat readlinkat statx" },
  "open-exec": { launcher: "openat2" },
  "clone-tree": {
    launcher: "close mount_setattr open_tree statx",
    init: "close mount_setattr open_tree statx",
  },
  "make-fs": {
    launcher: "close fsconfig fsmount fsopen",
    init: "close fchdir fsconfig fsmount fsopen",
    rare: {
      "close fsconfig fsmount fsopen": "by the launcher, in plans of other callers",
      fchdir: "of an overlay whose layers the plan mounts",
    },
  },
  "set-mount": { launcher: "mount_setattr", init: "mount_setattr" },
  "mount-point": {
    launcher: "close fcntl mkdirat mknodat openat2 readlinkat statx",
    init: "close fcntl mkdirat mknodat openat2 readlinkat statx",
    rare: {
      "close fcntl mkdirat mknodat": "by the launcher, in a restore whose root directory lacks one",
      readlinkat: "where a dangling link is at the place",
    },
  },
  attach: { init: "close move_mount" },
  "attach-root": { init: "close move_mount" },
  "isolate-mounts": { init: "mount_setattr" },
  "make-masks": { init: "close fsconfig fsmount fsopen mkdirat mknodat mount_setattr" },
  mask: {
    init: "close dup3 move_mount open_tree openat openat2 statx umount2",
    rare: { "dup3 openat umount2": "before Linux 6.15, where only what is attached can be cloned" },
  },
  "readonly-path": { init: "close mount_setattr move_mount open_tree openat2" },
  "guard-path": { init: "close mount_setattr move_mount open_tree openat2" },
  "expect-mount": { init: "close fstatfs openat2 statx" },
  pivot: { init: "fchdir pivot_root umount2" },
  chroot: { init: "chroot fchdir" },
  "make-node": {
    launcher: "close fchownat fcntl mkdirat mknodat openat2 umask",
    init: "close fchownat fcntl mkdirat mknodat openat2",
    rare: { mkdirat: "where its directory is missing, or it is one" },
  },
  "make-link": { init: "close fcntl mkdirat openat2 symlinkat", rare: { mkdirat: "where its directory is missing" } },
  "make-file": {
    init: "close fcntl mkdirat openat openat2 write",
    rare: { mkdirat: "where its directory is missing" },
  },
  "make-userns": {
    launcher: "clone3 close openat2 pidfd_send_signal pipe2 ppoll read waitid write",
    child: "close exit_group read",
    rare: { "close read": "it may be ended before it has run at all", exit_group: "when it ends before it is ended" },
  },
  "open-userns": { launcher: "openat2" },
  "open-ptmx": { init: "close fstatfs ioctl openat2", rare: { close: fails } },
  "open-peer": { init: "ioctl" },
  "plain-output": { init: "ioctl" },
  "set-window": { init: "ioctl" },
  "new-session": { init: "ioctl setsid" },
  "send-fd": { launcher: "close sendmsg", init: "close sendmsg", rare: "by the launcher, in plans of other callers" },
  "give-slot": { init: "close sendmsg" },
  "take-slot": { launcher: "ioctl ppoll read recvmsg", rare: { read: signal } },
  "connect-socket": { launcher: "close connect fchdir openat openat2 setsockopt socket" },
  "set-hostname": { init: "sethostname" },
  "set-domainname": { init: "setdomainname" },
  "loopback-up": { init: "close ioctl socket" },
  dial: {
    launcher: "close connect getsockopt ppoll read sendmsg setns socket",
    rare: { "ppoll read": "where what listens takes no more at once" },
  },
  "change-mount": { launcher: "mount_setattr setns" },
  "make-ruleset": { init: "landlock_create_ruleset" },
  "allow-path": { init: "landlock_add_rule" },
  "allow-port": { init: "landlock_add_rule", rare: "in plans of other callers" },
  "enforce-ruleset": { init: "close landlock_restrict_self" },
  listen: { init: "bind close listen socket", rare: { close: fails } },
  sysctl: { init: "close fstatfs openat2 pread64 write" },
  "new-keyring": { init: "keyctl" },
  "write-idmap": { launcher: "close openat2 read write" },
  "spawn-idmap": {
    launcher: "clone close kill memfd_create openat2 ppoll pread64 pwrite64 read wait4",
    child: "chdir close_range dup3 execve execveat exit_group pwrite64 rt_sigprocmask setpgid umask",
    rare: {
      read: signal,
      "kill pread64": "when the program takes too long, or cannot be executed",
      "execve exit_group pwrite64": "when the program cannot be executed",
    },
  },
  "set-oom-score": { launcher: "close openat2 read write" },
  "set-rlimit": { launcher: "prlimit64" },
  "record-process": {
    launcher: "close fcntl fstatfs openat2 read renameat2 statx unlinkat write",
    rare: { unlinkat: fails },
  },
  release: {
    launcher: "ppoll read recvmsg sendmsg",
    rare: { "ppoll recvmsg": "when init has ended before", read: signal },
  },
  adopt: { launcher: "close fcntl pidfd_open pidfd_send_signal ppoll read recvmsg waitid", rare: { read: signal } },
  report: {
    launcher: "clock_gettime close pidfd_send_signal ppoll read recvmsg sendmsg waitid write",
    rare: {
      "recvmsg sendmsg": "to the satellite that keeps the output (--log-bytes)",
      close: "where it holds a lock, or interfaces were moved",
      "pidfd_send_signal waitid": "to end the satellite that has moved interfaces",
      read: signal,
    },
  },
  "await-exec": { launcher: "close ppoll read recvmsg waitid", rare: { read: signal } },
  hold: {
    launcher: "clock_gettime ppoll pread64 read",
    rare: "in the pool of the API alone: test/helper/hold.test.ts, test/api/pool.test.ts",
  },
  wait: {
    launcher: "clock_gettime fcntl ioctl pidfd_send_signal ppoll read waitid write",
    rare: { pidfd_send_signal: "for a signal to pass on: test/defence/waiting-launcher.test.ts" },
  },
  "open-cgroup": { launcher: "close fstatfs openat2", rare: { close: fails } },
  "make-cgroup": {
    launcher: "close fcntl mkdirat openat2 read write",
    rare: {
      "close read": "on cgroup v2, where a path has several components, or it fails",
      write: "beneath a cgroup with processes of its own: test/vm/nested.test.ts",
    },
  },
  "write-cgroup": { launcher: "close openat2 write" },
  "join-cgroup": { launcher: "close openat2 write" },
  "mark-cgroup": { launcher: "close fcntl fsetxattr statx", rare: { close: fails } },
  "expect-mark": { launcher: "fgetxattr statx" },
  "expect-root": { launcher: "close fstatfs openat2" },
  "set-device-filter": { launcher: "bpf close" },
  "kill-cgroup": {
    launcher:
      "clock_gettime close getdents64 lseek mmap mremap nanosleep openat2 pidfd_open pidfd_send_signal read write",
    rare: {
      "nanosleep pidfd_open pidfd_send_signal": "for processes that are left, where there is no cgroup.kill",
      "mmap mremap": "for the names of cgroups below",
    },
  },
  "remove-cgroup": {
    launcher: "clock_gettime close getdents64 nanosleep openat2 unlinkat",
    rare: { "close getdents64 nanosleep openat2": "while the cgroup is busy, or has others beneath it" },
  },
  clone: {
    launcher: "clone clone3 close fchmod fcntl memfd_create pipe2 write",
    child: "capget capset close execveat exit_group fcntl prctl recvfrom sendmsg setns",
    rare: {
      "exit_group sendmsg": "when init cannot be executed",
      setns: "into a network namespace that was made ahead",
    },
  },
  "join-namespaces": { init: "setns" },
  fork: {
    init: "clone clone3 close exit_group mmap pipe2 read sendmsg",
    rare: {
      clone3: "where it makes a time namespace, for which clone has no flag",
      exit_group: "the launcher may end it first",
    },
  },
  unshare: { launcher: "unshare", init: "unshare" },
  "set-time-offsets": { launcher: "close getpid openat2 read write" },
  become: { init: "capget capset prctl setresgid setresuid" },
  "set-dumpable": { init: "prctl" },
  signal: { launcher: "pidfd_send_signal" },
  "await-end": { launcher: "ppoll read", rare: "when a signal comes meanwhile" },
  "drop-bounding": { init: "prctl" },
  "set-ids": { init: "capget capset getgroups getresgid getresuid prctl setgroups setresgid setresuid" },
  "set-caps": { init: "capget capset prctl" },
  "set-no-new-privs": { init: "prctl" },
  "load-seccomp": { init: "seccomp" },
  "set-umask": { init: "umask" },
  "find-home": {
    init: "close openat2 read statx",
    rare: { "close read statx": "where the image has the file" },
  },
  "own-stream": {
    launcher: "fchown fcntl geteuid statx",
    init: "fchown fcntl geteuid statx",
    rare: {
      fcntl: "where it is a regular file",
      "fchown geteuid": "where it belongs to somebody else than the process",
    },
  },
  "reopen-stream": {
    launcher: "fchmod fcntl fstatfs nanosleep statx",
    rare: { "fchmod statx": "where the stream is a pipe without a name", nanosleep: "while another has its lock" },
  },
  "set-own-rlimit": { init: "prlimit64" },
  "change-dir": { init: "close fchdir getcwd openat2" },
  "find-exec": { init: "faccessat2 statx" },
  "set-death-signal": { init: "prctl" },
  "place-fd": { init: "close dup3 fcntl" },
  "make-gate": { launcher: "bind close fchdir fcntl listen openat setsockopt socket" },
  gate: {
    init: "accept4 close madvise mprotect recvmsg rt_sigprocmask sendmsg",
    rare: { "madvise mprotect": "to weigh less meanwhile: it may fail" },
  },
  "start-container": {
    launcher:
      "clock_gettime close connect fchdir nanosleep openat ppoll read recvmsg sendmsg setsockopt socket unlinkat",
    rare: { read: signal, nanosleep: "when it knocks again, as init was not yet listening" },
  },
  exec: {
    init: `execve mmap rt_sigprocmask ${firstCalls}`,
    child: "execve getpid ioctl rt_sigprocmask setpgid",
    rare: { [firstCalls]: "where init stays as the first process, and does the same in every plan" },
    rareChild: "where init stays as the first process",
  },
  sync: {
    launcher: "ppoll read recvmsg sendmsg",
    init: "exit_group recvmsg sendmsg",
    rare: { read: signal, exit_group: "where the launcher is gone" },
  },
  close: {
    launcher: "clock_gettime close pidfd_send_signal ppoll read waitid",
    init: "close",
    rare: { "clock_gettime pidfd_send_signal ppoll read waitid": "by the launcher, to end a satellite with its slot" },
  },
  "copy-up": {
    init: "close fchmodat fchownat getdents64 mkdirat mount_setattr open_tree openat openat2 readlinkat sendfile statx symlinkat",
    rare: {
      "fchmodat fchownat mkdirat openat readlinkat sendfile statx symlinkat":
        "where there is something to copy: test/conformance",
    },
  },
  "copy-mode": {
    init: "close fchmodat openat2 statx",
    rare: { "close openat2": "where it looks a path up" },
  },
  "write-first": { launcher: "close openat2 write" },
  "own-cgroup": { launcher: "close fchownat openat2" },
  "freeze-cgroup": {
    launcher: "clock_gettime close nanosleep openat2 read write",
    rare: { nanosleep: "when there is something to wait for" },
  },
  spawn: {
    launcher: "clone close getpid kill memfd_create mmap ppoll pread64 pwrite64 read wait4",
    init: "clone close getpid kill memfd_create mmap ppoll pread64 pwrite64 wait4",
    child: "chdir close_range dup3 execve execveat exit_group fchdir pwrite64 rt_sigprocmask setpgid umask",
    rare: {
      chdir: "where the bundle is not known, or is gone",
      read: signal,
      "kill pread64": "when the program takes too long, or cannot be executed",
      "exit_group pwrite64": "for a script, and when the program cannot be executed",
    },
  },
  "set-scheduler": { launcher: "sched_getattr sched_setattr" },
  "set-io-priority": { launcher: "ioprio_get ioprio_set" },
  "set-affinity": { launcher: "sched_getaffinity sched_setaffinity" },
  "set-personality": { init: "personality" },
  "set-memory-policy": { init: "get_mempolicy set_mempolicy" },
  "load-listener": {
    init: "clone close mmap seccomp sendmsg",
    child: "close exit sched_yield sendmsg",
    rare: { clone: "with `beside`, where the filter hands calls of init itself on" },
    rareChild: "the thread that `beside` makes",
  },
  "open-label": { init: "openat2", rare: "needs a security module: test/vm/apparmor.test.ts" },
  "set-label": {
    init: "close fgetxattr fsetxattr lsm_get_self_attr lsm_set_self_attr openat2 pread64 write",
    rare: "needs a security module: test/vm/apparmor.test.ts",
  },
  "connect-bus": {
    launcher: `clock_gettime close connect fchdir openat openat2 ppoll read recvmsg sendmsg setsockopt socket write ${satelliteStart}`,
    child: satelliteChild,
    rare: "needs a message bus: test/helper/bus.test.ts",
  },
  "call-bus": {
    launcher: "clock_gettime ppoll read recvmsg sendmsg",
    rare: "needs a message bus: test/helper/bus.test.ts",
  },
  "expect-cgroup": { launcher: "close openat2 read", rare: "needs systemd: test/vm/systemd.test.ts" },
  "expect-initramfs": {
    launcher: "close getpid openat2 read statx",
    rare: "needs a host whose root is an initramfs: test/vm/initramfs.test.ts",
  },
  "enter-tree": { init: "chroot fchdir", rare: "needs a host whose root is an initramfs: test/vm/initramfs.test.ts" },
  "lock-mounts": { init: "clone3 close pipe2 prctl setns statx waitid", child: "close exit_group read" },
  "move-netdev": {
    launcher: `clock_gettime close mmap ppoll read recvmsg sendmsg setsockopt write ${satelliteStart}`,
    child: satelliteChild,
    rare: { read: signal, fcntl: fails, exit_group: "when the satellite cannot be executed" },
  },
  "bind-notify": {
    launcher: "bind close connect fchdir fchmod fchmodat mkdirat openat openat2 setsockopt socket unlinkat",
  },
  "relay-notify": {
    launcher: `clock_gettime close connect fchdir openat openat2 pidfd_send_signal ppoll read recvmsg sendmsg setsockopt socket waitid write ${satelliteStart}`,
    child: satelliteChild,
    rare: {
      clock_gettime: "where the satellite does not end at once",
      read: signal,
      exit_group: "when the satellite cannot be executed",
    },
  },
  "start-supervisor": {
    launcher: `close setsockopt write ${satelliteStart}`,
    child: satelliteChild,
    rare: { exit_group: "when the satellite cannot be executed" },
  },
  watch: { launcher: "sendmsg", rare: { sendmsg: "a sandbox with --explain: test/sandbox/explained.test.ts" } },
  supervise: {
    launcher: "clock_gettime ppoll read recvmsg sendmsg",
    rare: { read: signal },
  },
  "start-network": {
    launcher:
      "clone close fchmod fcntl ftruncate memfd_create mmap openat2 pidfd_open pidfd_send_signal pipe2 ppoll pread64 read waitid",
    child:
      "capset clone close close_range dup3 execveat exit_group landlock_create_ruleset landlock_restrict_self ppoll prctl recvfrom rt_sigprocmask sendto setgroups setns setresgid setresuid socket umask unshare",
    rare: { pread64: "where the program ends at once", pidfd_send_signal: fails, exit_group: fails },
  },
  "start-criu": {
    launcher: `close dup3 mmap sendmsg setsockopt write ${satelliteStart}`,
    child:
      "chdir close close_range dup3 execveat exit_group fchdir mount_setattr move_mount open_tree prctl recvfrom rt_sigprocmask sendmsg umask unshare",
    rare: {
      dup3: "by the launcher, where CRIU gets a working directory",
      "exit_group sendmsg": "when CRIU cannot be executed",
    },
  },
  "ask-criu": {
    launcher: "clock_gettime close pidfd_open pidfd_send_signal ppoll read recvmsg sendmsg waitid",
    rare: { clock_gettime: "where the op has a timeout", read: signal },
  },
  "pass-fd": { launcher: "fcntl" },
  confine: {
    launcher: `close landlock_create_ruleset landlock_restrict_self ppoll prctl seccomp setsockopt write ${satelliteStart}`,
    child: satelliteChild,
    rare: {
      [`setsockopt write ${satelliteStart} ${satelliteChild}`]:
        "where a message bus is called after the wait: test/vm/systemd.test.ts",
    },
  },
};

/** What is made before, between and after ops; and by the helper's other verbs. */
export const outsideCalls: OpCalls = {
  launcher:
    "chdir clock_gettime clone3 close close_range dup3 exit_group fchmod fcntl flock fremovexattr fstatfs ftruncate getdents64 geteuid getgid getppid getuid ioctl memfd_create mmap mprotect munmap nanosleep openat openat2 pidfd_send_signal pipe2 ppoll prctl read recvfrom restart_syscall rt_sigaction rt_sigprocmask sendfile sendmsg sendto setns setsockopt signalfd4 socket socketpair splice statx unlinkat unshare waitid write",
  init: "clock_gettime close close_range exit_group fcntl mmap readv sendmsg statx umask",
  child: satelliteChild,
  rareChild: "where the output is kept (--log-bytes)",
  rare: {
    "clone3 fchmod pipe2 sendmsg": "where the output is kept (--log-bytes)",
    clock_gettime: "where each op begins and ends, of a run that is traced",
    exit_group: "the launcher's end, and init's where something has failed",
    "getppid prctl": "with --die-with",
    "getgid getuid munmap": "by the helper that stays: who asks, and the memory of each request",
    nanosleep: "while another holds the lock",
    "fremovexattr getdents64 ioctl openat2 recvfrom sendto unlinkat waitid":
      "to undo what was made, when a launch fails",
    "fstatfs pidfd_send_signal": "to check inputs of some types",
    setsockopt: "where init forks the process that goes on, and where the network namespace is made ahead (--netns)",
    "setns socket unshare": "where the network namespace is made ahead (--netns)",
    ppoll:
      "before what the caller reads is written, for the caller's word, and for the plan where it comes from a pipe that does not block",
    restart_syscall: "the kernel has it made after a stop",
    sendfile: "for a plan that does not come from a pipe",
  },
};
