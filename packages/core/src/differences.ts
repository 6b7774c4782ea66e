// Where Coffer deliberately does not do what both runc and crun do. docs/differences.md is made of this table, and
// test/bad-input/peers.test.ts holds every refusal of the planner that both peers would run against it.

/** One deliberate difference. */
export interface Difference {
  /** The config, flag or state. */
  readonly what: string;
  /** What Coffer does. */
  readonly does: string;
  /** The rule of SECURITY.md (R1 to R14), or the sentence of the specification. */
  readonly why: string;
  /** What the peers do, and since which version they do the same. */
  readonly peers: string;
  /** How a user gets what they wanted. */
  readonly instead: string;
}

/** At most so many. */
export const maxDifferences = 15;

/** Every deliberate difference, by a stable name. */
export const differences = {
  "spec-forbids": {
    what: "text that is no JSON, such as bytes other than UTF-8, or what comes after its end; a value that the specification forbids: another major version, or one that is no SemVer, a value of the wrong type or beyond 64 bits, a duplicate key or rlimit, NUL, half of a surrogate pair, an empty key of an annotation, a relative path of a mask, a namespace or a hook, a device without numbers or where another file is, a device rule without `allow` or with other letters than `rwm`, a filter rule without names or with an errno beyond 4095, a required field that is missing, such as `soft` of an rlimit; a config that is nested deeper than 128 levels, or that has more than 16 MiB",
    does: "refuses it, with the JSON pointer of the field, or the place in the file",
    why: "config.md: a runtime must generate an error for an invalid value; what a reader takes is bounded",
    peers: "ignore what they do not read; runc refuses a relative hook and a duplicate rlimit since 1.0",
    instead: "correct the value",
  },
  "magic-links": {
    what: "a bind whose source leads through a magic link, such as `/proc/self/root` or `/proc/PID/fd/3`; a working directory that does",
    does: "refuses it (ELOOP)",
    why: "R1: a magic link leads out of every directory that a path is resolved beneath",
    peers: "follow it",
    instead: "name the path that the link leads to",
  },
  "sysctl-text": {
    what: "a value of `linux.sysctl` with a control character, such as a newline, or with other characters than ASCII; a name with `.` before `/`, or with an empty part",
    does: "refuses the value, and the empty part of a name; reads the name as sysctl(8) does: the first separator counts, and the other is a character",
    why: "R10: one value is one write of one line, and one name is one parameter: `net.ipv4.conf.eth0/100.forwarding` is of `eth0.100`",
    peers: "write the value, of which the kernel takes the first line in most parameters; take every `.` for `/`",
    instead: "leave the character out; write the name with one separator",
  },
  "cgroup-dot-dot": {
    what: "`..` in `linux.cgroupsPath`, or `/`, the root of a hierarchy; a cgroup in which there are processes, or which is frozen; a key of `linux.resources.unified` that moves, stops or ends processes, such as `cgroup.freeze`; an id that begins with `.` or `-`, or that has a `,`",
    does: "refuses it",
    why: "R1: a cgroup is made beneath the one that the caller may change. R8: the end of a container ends what is in its cgroup, which has to be its own. An id is the name of a directory and of a unit of systemd, and a word after a verb",
    peers:
      "crun refuses `..` with cgroup v2; runc resolves it by words. crun takes `/`, and `delete --force` then kills every process of the host. Both take a cgroup with processes: runc with a warning, and it does the same as Coffer since 1.2. crun hangs in a frozen one. Both write each key of `unified`, and take such an id",
    instead: "write the path of a cgroup without `..`, which is empty; another id",
  },
  "unit-properties": {
    what: "an annotation `org.systemd.property.*` other than KillSignal, TimeoutStopUSec and Delegate, with the systemd manager",
    does: "refuses it",
    why: "R10: whoever names an image or a pod could have systemd run a program of the host (CVE-2024-3154)",
    peers: "set any property",
    instead: "`linux.resources`, or a drop-in for the slice",
  },
  "own-annotations": {
    what: "an annotation `coffer.*` that is misspelled, or that asks for locked mounts where they cannot be locked",
    does: "refuses it",
    why: "R9: what is asked for is never left out silently",
    peers: "ignore the annotation",
    instead: "correct or remove the annotation",
  },
  "idmap-without-bind": {
    what: "`uidMappings` and `gidMappings` of a mount that is no bind",
    does: "refuses them",
    why: "R9: config.md has an error for a mount that cannot be id-mapped",
    peers: "ignore the mappings; runc refuses them since 1.2",
    instead: "give a tmpfs its owner by `uid=` and `gid=`",
  },
  "newer-fields": {
    what: "`linux.netDevices` with a name that the host lacks, that no interface can have, or without a network namespace of the container; `execCPUAffinity` that is no list of CPUs; a caller that may use only some CPUs (`taskset`); `linux.resources.pids.limit` of 0 in a config of version 1.3",
    does: "refuses the field; gives the container the CPUs of its cgroup; takes 0 for the smallest limit, in which the first process runs alone",
    why: "config-linux.md: the runtime must generate an error. The CPUs of a container are those of `linux.resources.cpu`. In 1.3 a limit of 0 is one, and -1 is none; in an older config 0 asks for nothing, as podman means it",
    peers:
      "those of Debian 13 ignore the field, hand the caller's CPUs down, and leave the number of processes unlimited; runc does the same as Coffer since 1.4",
    instead: "correct the field; `linux.resources.cpu.cpus`; -1, or no limit",
  },
  "host-peers": {
    what: "a bind of a shared mount of the host, without a word for its propagation, while `linux.rootfsPropagation` is `private`, `shared`, `slave` or `unbindable`; with a user namespace, a bind of an unbindable mount; a bind, or a root directory, of a mount that is read-only, nosuid, nodev or noexec on the host",
    does: "makes the bind a slave of the host's mount; refuses the unbindable one (EINVAL); changes only what an option of the bind names",
    why: "R3: what a container mounts appears nowhere on the host unless the bind itself says `rshared`. A mount that is unbindable on the host is not cloned. What is read-only on the host does not become writable because `nosuid` was asked for",
    peers:
      "make the bind a peer of the host's mount; bind a copy that is no longer unbindable; with any such option, or a read-only root, take away those that the options do not name",
    instead:
      "`rshared` in the options of the bind; another propagation of the mount; `rw`, `suid`, `dev` or `exec` in the options",
  },
  masks: {
    what: "`linux.maskedPaths`; `linux.readonlyPaths` with a mount beneath one",
    does: "covers each masked path with a read-only object of a file system that the runtime has made; makes what is mounted beneath a read-only path read-only too",
    why: "R5: `/dev/null` of the container may be anything (CVE-2025-31133). A read-only path has no part that can be written to",
    peers: "bind `/dev/null` of the container, which runc verifies since 1.2.8; leave the mounts beneath as they are",
    instead:
      "nothing is lost: a masked path is empty, and no process can write to it; name the parts that are to be read-only",
  },
  "own-dev": {
    what: "a config without a mount on `/dev`; `/dev` of the image that is a link; a device whose path leads through a link of the image",
    does: "mounts a tmpfs there before it makes devices; refuses the link (ELOOP)",
    why: "R3: no node is made in an image, where `/dev` may be a link (CVE-2026-41579)",
    peers: "make the devices in the image",
    instead: "bind a directory on `/dev`",
  },
  "net-tun": {
    what: "`/dev/net/tun`, if no rule of `linux.resources.devices` is about it",
    does: "denies it",
    why: "R12: the specification has no such default device",
    peers: "allow it; runc does the same as Coffer since 1.2",
    instead: "add a rule for the device 10:200",
  },
  "mounts-of-others": {
    what: "`mounts`, masked and read-only paths, or a read-only root, without a new mount namespace; `remount` in the options of a mount",
    does: "refuses them",
    why: "R3: the mounts would be those of the host or of another container. A mount is made once, with all its options: to remount changes a file system, which may be one of the host, such as that of a bind or sysfs",
    peers: "crun mounts in the namespace that is there; runc refuses. Both remount",
    instead: "add a mount namespace without a path; write the options where the path is mounted first",
  },
  checkpoints: {
    what: "`restore --manage-cgroups-mode full` or `strict`, `--preserve-fds`, `--pidfd-socket`; `checkpoint --lazy-pages` and `--page-server`; an annotation `org.criu.config` whose file others may write",
    does: "refuses them",
    why: "R10: cgroups, limits and descriptors are those of the config, never those of the images, and CRIU runs what its configuration says as root; R14: a dump ends with its verb",
    peers: "pass them to CRIU",
    instead: "`soft`, the default; the config has the limits; a file of root",
  },
  "callers-own": {
    what: "what is the caller's: the environment of a hook without `env`, other than startContainer; as a standard stream, a device or a file that is open for reading only; `HOME`, if the user of the process may not read `/etc/passwd` of the image; a state directory (`--root`) that is a link, that is another user's, or that others may write to",
    does: "runs the hook with an empty environment; leaves the owner of the stream; takes `/` for `HOME`; refuses the directory",
    why: "R11: a hook gets a built environment. R5: who owns a file of the host may write to it, and change its mode. R10: the image is read with no right that its program has not. R8: who can write there has a verb act on another process",
    peers:
      "hand the caller's environment down; give the stream to the user of the process; read the file as root; take the directory",
    instead:
      "write `env` of the hook; pass a pipe, or a file that is open for writing; `HOME` in `process.env`; a directory of the caller's own",
  },
} as const satisfies Readonly<Record<string, Difference>>;

/** The name of a deliberate difference. */
export type DifferenceId = keyof typeof differences;
