// What to do about a kernel call that failed. The kernel says one word; a planner knows what was wanted.
import type { OpName } from "../../../wire/tables/op-table.ts";

const noAnswer = {
  ETIMEDOUT:
    "init did not answer in time: another process has stopped it, its cgroup is frozen, or it waits for a file system that does not answer",
};

type Hints = Partial<Readonly<Record<OpName, Readonly<Record<string, string>>>>>;

const hints: Hints = {
  "open-dir": { ENOENT: "the directory is missing: look at root.path and at the sources of mounts" },
  "open-object": { ENOENT: "the source of a bind mount is missing on the host" },
  "open-cwd": {
    EACCES:
      "the ids of the container may not enter that directory: let others search it (chmod o+x), or give it to these ids (chown)",
  },
  "open-namespace": {
    ENOENT: "there is no namespace at that path",
    EINVAL: "the path is a namespace of another type",
    EACCES: "this caller may not look into that process: run as its user, or with CAP_SYS_PTRACE",
  },
  "open-process": { ESRCH: "the container's process has ended" },
  "change-mount": {
    EBUSY: "a process inside has something open for writing there: wait for its end, or end it",
    EINVAL: "a process inside has unmounted it",
    ESRCH: "the sandbox has ended",
  },
  "connect-socket": {
    ENOENT: "nothing listens at the console socket's path",
    ECONNREFUSED: "nothing listens on the console socket",
  },
  adopt: noAnswer,
  "await-exec": noAnswer,
  sync: noAnswer,
  hold: { ETIMEDOUT: "the caller has not let the container go on in time", ECANCELED: "the caller has ended" },
  "take-slot": noAnswer,
  "start-container": noAnswer,
  wait: {
    ETIMEDOUT: "the process has ended, but another process traces it and holds its status, or it hangs in the kernel",
  },
  "open-ptmx": { EINVAL: "what is mounted at /dev/pts in the container is no devpts" },
  clone: {
    ...noAnswer,
    ENOSYS:
      "a filter around this runtime denies clone3(2), as the default one of docker does: run the outer container with --security-opt seccomp=unconfined",
    EPERM:
      "this user may not make namespaces: look at sysctl kernel.unprivileged_userns_clone and user.max_user_namespaces",
    EACCES:
      "a security module, as AppArmor, refuses user namespaces, or to execute init: look at the kernel's audit log",
    ENOSPC: "too many namespaces: look at sysctl user.max_*_namespaces",
    EAGAIN: "too many processes: look at ulimit -u and the pids limit of the cgroup",
  },
  "lock-mounts": {
    ENOSPC: "no further user namespace is allowed: raise sysctl user.max_user_namespaces, or do without locked mounts",
    EUSERS: "user namespaces are nested as deep as the kernel lets them: do without locked mounts",
    EPERM:
      "no further user namespace is allowed: look at sysctl kernel.unprivileged_userns_clone, or do without locked mounts",
    EACCES: "a security module, as AppArmor, refuses a further user namespace: allow it, or do without locked mounts",
    EAGAIN: "locking needs one process more for a moment: look at the pids limit of the cgroup",
  },
  "make-fs": {
    EPERM:
      "the kernel lets nobody make that file system in a user namespace, or something is mounted over the host's own",
    ENODEV: "the kernel has no file system of that name",
    EINVAL: "the file system does not know one of the options, or the SELinux policy the label of /linux/mountLabel",
  },
  "clone-tree": { EINVAL: "the source is in another mount namespace, or unbindable" },
  "set-mount": {
    EPERM: "a flag that the host set on the mount is locked in a user namespace",
    EINVAL: "the file system cannot be id-mapped, or the kernel does not know the flag",
  },
  "attach-root": {
    EACCES:
      "a security module, as AppArmor, refuses mounts: in a container of LXC, allow the outer one to nest (lxc.apparmor.allow_nesting = 1)",
  },
  "join-namespaces": { EINVAL: "this caller is in that user namespace already: leave it out of /linux/namespaces" },
  "mount-point": {
    ENOENT: "nothing can be made there: name a directory of the image or of an earlier mount",
    EROFS: "the root is read-only, and the mount point is missing: make it in the root directory",
    EACCES: "the container's user may not make the mount point: make it in the root directory",
    ELOOP: "a link on the way leads out of the root",
    ENOTDIR: "the mount point exists and is of the other kind",
  },
  "guard-path": {
    ENOENT: "what is to be guarded was removed meanwhile: try again",
    ELOOP: "a link was put in place of what is to be guarded: look at who writes there",
  },
  mask: { ENOENT: "what is to be hidden was removed meanwhile: try again" },
  pivot: {
    EINVAL: "the root directory is on a file system that cannot be pivoted from: on an initramfs use --no-pivot",
  },
  "write-idmap": {
    EPERM: "this user may not map these ids: add them to /etc/subuid and /etc/subgid",
    EINVAL: "the mappings are more than a page of text: join ranges that lie side by side",
  },
  "spawn-idmap": {
    EPERM: "newuidmap refused the ids: add them to /etc/subuid and /etc/subgid",
    EACCES: "newuidmap may not be executed",
  },
  spawn: {
    ENOENT: "the program of the hook is missing, or the interpreter that its first line names",
    EACCES: "the program of the hook may not be executed: look at its mode, and at noexec of its mount",
    ENOEXEC: "the program of the hook is none that this kernel runs: a script needs #! in its first line",
    ETIMEDOUT: "the hook ran past its timeout, and was killed: raise timeout, or leave the field out",
  },
  "set-time-offsets": { ERANGE: "the clock would stand before the boot, or beyond what the kernel counts" },
  "set-rlimit": { EPERM: "raising a hard limit needs CAP_SYS_RESOURCE: ask for no more than the caller has" },
  "record-process": {
    EXDEV:
      "something is mounted over a part of /proc, as in a container: run the outer one with --security-opt unmask=ALL (podman) or systempaths=unconfined (docker)",
  },
  "set-oom-score": { EACCES: "lowering the score needs CAP_SYS_RESOURCE" },
  "open-cgroup": { ENOENT: "the cgroup is not there" },
  "make-cgroup": {
    EEXIST: "the cgroup is there already: another container has it, or it was left behind",
    EACCES: "this user may not make cgroups here: leave resources out, or have a cgroup delegated",
    EROFS: "the cgroup file system is read-only",
  },
  "mark-cgroup": {
    EEXIST: "another container has that cgroup: delete it with its state directory (--root), or name another cgroup",
  },
  "write-cgroup": {
    ENOENT: "the controller of that limit is not there",
    EINVAL: "the kernel does not take that value",
    EBUSY: "the cgroup has processes of its own",
    EACCES: "this user may not set limits here",
  },
  "write-first": {
    EOPNOTSUPP: "the scheduler of that disk has no weights: choose bfq in /sys/block/DISK/queue/scheduler",
  },
  "join-cgroup": { EACCES: "this user may not move processes between these cgroups" },
  "set-device-filter": { EPERM: "loading a device filter needs CAP_BPF or CAP_SYS_ADMIN in the first user namespace" },
  "kill-cgroup": {
    ETIMEDOUT:
      "processes are left: they hang in the kernel, for instance in a file system that does not answer, or stand in a frozen cgroup of somebody else, or are made faster than they are killed (/linux/resources/pids/limit keeps them from that)",
  },
  "remove-cgroup": {
    EBUSY:
      "processes are left in the cgroup. A process that waits for a file system (FUSE, NFS) ends when that answers: end the program that serves it, then delete again",
    ETIMEDOUT: "the container has made very many cgroups: delete it again, which goes on with those that are left",
  },
  "await-end": {
    ETIMEDOUT: "the process did not end in time: it may hang in the kernel, or be frozen by a cgroup above its own",
  },
  "change-dir": {
    ENOENT: "the working directory (process.cwd, or --cwd of exec) is missing in the container",
    ENOTDIR: "the working directory (process.cwd, or --cwd of exec) is no directory",
    EACCES: "the ids of the process may not enter it: give them the right to, or name another directory",
  },
  "set-caps": { EPERM: "a capability is asked for that the caller does not have" },
  sysctl: { ENOENT: "the kernel has no such parameter", EACCES: "the parameter may not be set from this namespace" },
  "open-label": { EXDEV: "something is mounted over the attribute files of the host's /proc" },
  "set-label": {
    ENOENT: "no AppArmor profile of that name is loaded: load it with apparmor_parser(8)",
    EINVAL: "the SELinux policy does not know that label",
    EACCES: "the security policy does not let this runtime give that label: look at the kernel's audit log",
    EPERM: "the security policy does not let this runtime give that label: look at the kernel's audit log",
    ENOSYS: "a filter around this runtime denies lsm_set_self_attr(2)",
    EOPNOTSUPP: "the security module of that label is not active",
  },
  "load-seccomp": { EINVAL: "the kernel does not know a flag of the profile", EACCES: "no_new_privs is not set" },
  "bind-notify": {
    ENOENT: "nothing listens at NOTIFY_SOCKET: unset it",
    ECONNREFUSED: "nothing listens at NOTIFY_SOCKET: unset it",
  },
  "move-netdev": {
    ENODEV: "the host has no interface of that name",
    EEXIST: "the container's network namespace has an interface of that name already",
    EINVAL: "the kernel keeps this interface in its namespace, as it does with lo",
    EXDEV: "the network namespace at the path is the host's own",
    EPERM: "the caller may not change interfaces, here or in the container's network namespace",
    E2BIG: "the interface has more addresses than can be kept",
  },
  "start-network": {
    EPROTONOSUPPORT:
      "the kernel has no XFRM, by which it denies addresses: load the module xfrm_user, or leave --net user out",
    EACCES: "pasta(1) may not be executed: look at its mode, and at the kernel's audit log",
    ETIMEDOUT: "pasta(1) has made no interface in time",
  },
  "connect-bus": {
    ENOENT: "systemd is not there any more: use the cgroupfs manager",
    ECONNREFUSED: "nothing listens on that socket: is dbus running?",
    EACCES: "the bus does not let this user in",
  },
  "call-bus": {
    EREMOTEIO: "systemd says no: look at `systemctl status` and the journal",
    ETIMEDOUT: "systemd does not answer: look at `systemctl list-jobs`",
    ECONNRESET: "the bus has ended the connection: look at the journal of dbus",
  },
  "expect-initramfs": { EINVAL: "this host's root is no initramfs and can be pivoted out of: leave --no-pivot away" },
  "expect-cgroup": { EXDEV: "systemd has put init elsewhere: it may be another systemd than that of this host" },
  "expect-mount": { EXDEV: "something else was mounted there" },
};

/** Of any op. */
const common: Readonly<Record<string, string>> = {
  EMFILE: "too few descriptors are allowed: raise RLIMIT_NOFILE in /process/rlimits, or ulimit -n of the caller",
};

/** What to do when that op, which a field asks for, fails with that errno. */
export function findHint(op: OpName, errnoName: string, from = ""): string | undefined {
  if (op === "connect-socket" && from.startsWith("/linux/seccomp"))
    return ["ENOENT", "ECONNREFUSED"].includes(errnoName) ? "the seccomp agent does not listen there" : undefined;
  return hints[op]?.[errnoName] ?? common[errnoName];
}
