// The configs that are run under coffer, runc and crun: what differs from the default config, as data.

import { firstId } from "../helpers/config.ts";
import type { HostMode } from "../helpers/host-modes.ts";
import type { Json, Patch } from "../helpers/json.ts";
import type { RuntimeName } from "../helpers/runtimes.ts";

export type Row = {
  readonly title: string;
  readonly patch?: Patch;
  /** What the probe tells besides: `+stat PATH`, `+file PATH`, `+dir PATH`, as words. */
  readonly facts?: readonly string[];
  /** A shell script, run before in the private mount namespace with the test's directory as working directory. */
  readonly before?: string;
  readonly mode?: HostMode;
  /** Compared with these only, for a reason. */
  readonly peers?: readonly Exclude<RuntimeName, "coffer">[];
  /** Run on a terminal of this size. */
  readonly terminal?: string;
  /** Its standard streams: pipes, or files. Sockets without this. */
  readonly streams?: "pipes" | "files";
  /** The probe is run by `exec` with these flags, in a container whose first process sleeps. */
  readonly exec?: readonly string[];
};

const bind = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "bind",
  source: "$BASE/canary",
  options: ["bind", ...options],
});

const fileBind = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "bind",
  source: "$BASE/canary/file",
  options: ["bind", ...options],
});

const tmpfs = (destination: string, ...options: readonly string[]): Json => ({
  destination,
  type: "tmpfs",
  source: "tmpfs",
  options,
});

const without = (type: string): Json =>
  ["pid", "network", "ipc", "uts", "mount", "cgroup"].filter((name) => name !== type).map((name) => ({ type: name }));

const withPath = (type: string, path: string): Json =>
  ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((name) =>
    name === type ? { type: name, path } : { type: name },
  );

const writable: Patch = { "/root/readonly": false };
const maps = (containerID: number, hostID: number, size: number): Json => [{ containerID, hostID, size }];
const userns: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": maps(0, 100000, 65536),
  "/linux/gidMappings": maps(0, 100000, 65536),
};
const allCaps = ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_MKNOD"];
/** What this asks for changes nothing that is seen: crun and runc pass over it. */
const locked: Patch = {
  ...userns,
  "/process/capabilities": { bounding: allCaps, permitted: allCaps, effective: allCaps },
  "/annotations": { "coffer.lock-mounts": "true" },
};
const seccomp = (action: string, names: readonly string[], more: { readonly [name: string]: Json } = {}): Json => ({
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
  syscalls: [{ names, action, ...more }],
});

const processRows: readonly Row[] = [
  { title: "the default config" },
  { title: "the default config among the machine's own cgroups", mode: "host", peers: ["runc"] },
  { title: "a writable root", patch: writable },
  { title: "another user", patch: { "/process/user": { uid: 1000, gid: 2000 } } },
  {
    title: "pipes of another user",
    patch: { "/process/user": { uid: 1000, gid: 2000 } },
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "files of another user",
    patch: { "/process/user": { uid: 1000, gid: 2000 } },
    streams: "files",
    facts: ["+open", "/proc/self/fd/1", "+open", "/proc/self/fd/2"],
  },
  { title: "additional groups", patch: { "/process/user/additionalGids": [5, 7, 100000] } },
  { title: "a umask", patch: { "/process/user/umask": 0o77 } },
  {
    title: "another user with capabilities",
    patch: { "/process/user": { uid: 1000, gid: 1000 }, "/process/capabilities/inheritable": ["CAP_KILL"] },
  },
  { title: "no capabilities", patch: { "/process/capabilities": {} } },
  { title: "no capabilities object", patch: { "/process/capabilities": undefined } },
  {
    title: "many capabilities",
    patch: { "/process/capabilities": { bounding: allCaps, permitted: allCaps, effective: allCaps } },
  },
  {
    title: "ambient capabilities",
    patch: {
      "/process/user": { uid: 3, gid: 3 },
      "/process/capabilities": {
        bounding: ["CAP_KILL", "CAP_CHOWN"],
        permitted: ["CAP_KILL"],
        inheritable: ["CAP_KILL"],
        effective: ["CAP_KILL"],
        ambient: ["CAP_KILL"],
      },
    },
  },
  {
    title: "capabilities that nobody knows",
    patch: { "/process/capabilities/bounding": ["CAP_KILL", "CAP_FLY"], "/process/capabilities/ambient": ["CAP_FLY"] },
  },
  {
    title: "capabilities that are permitted beyond the bounding set",
    patch: { "/process/capabilities": { bounding: ["CAP_KILL"], permitted: allCaps, effective: allCaps } },
  },
  {
    title: "a user with capabilities that are permitted beyond the bounding set",
    patch: {
      "/process/user": { uid: 1000, gid: 1000 },
      "/process/capabilities": { bounding: ["CAP_KILL"], permitted: allCaps, effective: allCaps },
    },
  },
  {
    title: "capabilities that are inheritable beyond the permitted ones",
    patch: {
      "/process/user": { uid: 1000, gid: 1000 },
      "/process/capabilities": { bounding: allCaps, permitted: ["CAP_CHOWN"], inheritable: ["CAP_CHOWN", "CAP_MKNOD"] },
    },
  },
  { title: "new privileges allowed", patch: { "/process/noNewPrivileges": false } },
  {
    title: "resource limits",
    patch: {
      "/process/rlimits": [
        { type: "RLIMIT_NOFILE", soft: 64, hard: 128 },
        { type: "RLIMIT_CORE", soft: 0, hard: 0 },
        { type: "RLIMIT_NPROC", soft: 500, hard: 600 },
        { type: "RLIMIT_AS", soft: 1073741824, hard: 2147483648 },
      ],
    },
  },
  {
    title: "an infinite limit",
    patch: { "/process/rlimits": [{ type: "RLIMIT_CPU", soft: 18446744073709551615n, hard: 18446744073709551615n }] },
  },
  { title: "an OOM score", patch: { "/process/oomScoreAdj": 321 } },
  { title: "arguments", patch: { "/process/args": ["/probe", "facts", "+stat", '/pr\u00f6be "x" \\'] } },
  { title: "a program found in PATH", patch: { "/process/args/0": "probe", "/process/env": ["PATH=/bin:/"] } },
  { title: "an empty environment", patch: { "/process/env": [] } },
  { title: "HOME given", patch: { "/process/env": ["HOME=/somewhere", "PATH=/", "A=", "B=c=d"] } },
  {
    title: "HOME from the image's passwd",
    patch: { "/process/user": { uid: 33, gid: 33 } },
    before: "echo 'web:x:33:33::/home/web:/bin/sh' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from the image's passwd, by number",
    patch: { "/process/user": { uid: 33, gid: 33 } },
    before:
      "printf '%s\\n' '33:x:34:34::/by/name:/bin/sh' 'bad' 'web:x:33:33::/by/number:/bin/sh' 'web:x:33:33::/second:' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME of root from the image's passwd, of which the last line has no end",
    before: "printf 'root:x:0:0:root:/root:/bin/sh' > bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from a passwd that is a link in the image",
    before:
      "printf 'root:x:0:0:root:/linked:/bin/sh\\n' > bundle/rootfs/etc/real; ln -s /etc/real bundle/rootfs/etc/passwd",
  },
  {
    title: "HOME from a passwd that is mounted",
    patch: {
      "/mounts/-": { destination: "/etc/passwd", type: "bind", source: "$BASE/passwd", options: ["bind", "ro"] },
    },
    before: "printf 'root:x:0:0:root:/mounted:/bin/sh\\n' > passwd; touch bundle/rootfs/etc/passwd",
  },
  { title: "a working directory", patch: { "/process/cwd": "/home" } },
  { title: "a working directory that is not there", patch: { ...writable, "/process/cwd": "/work/deep" } },
  { title: "a terminal", patch: { "/process/terminal": true }, terminal: "24x80", facts: ["+stat", "/dev/console"] },
  {
    title: "a terminal for another user",
    patch: { "/process/terminal": true, "/process/user": { uid: 1000, gid: 1000 } },
    terminal: "50x132",
  },
];

const execRows: readonly Row[] = [
  { title: "exec", exec: [] },
  {
    title: "exec with HOME from the image's passwd",
    exec: ["--user", "33"],
    before: "printf 'web:x:33:33::/home/web:/bin/sh\\n' > bundle/rootfs/etc/passwd",
  },
  { title: "exec with a capability that nobody knows", exec: ["--cap", "CAP_FLY", "--cap", "CAP_CHOWN"] },
  {
    title: "exec with pipes as another user",
    exec: ["--user", "1000:1000"],
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "exec with pipes in a user namespace",
    patch: userns,
    exec: [],
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    // In a user namespace nobody else counts.
    title: "exec where the user may have one more process",
    patch: {
      ...userns,
      "/process/user": { uid: 5, gid: 5 },
      "/process/rlimits": [{ type: "RLIMIT_NPROC", soft: 2, hard: 2 }],
    },
    exec: [],
  },
];

const namespaceRows: readonly Row[] = [
  { title: "a host name", patch: { "/hostname": "a-longer.host-name" } },
  { title: "a domain name", patch: { "/domainname": "example.net" } },
  { title: "no host name", patch: { "/hostname": undefined } },
  { title: "the host's pid namespace", patch: { "/linux/namespaces": without("pid") } },
  {
    title: "the host's network",
    patch: { "/linux/namespaces": without("network") },
    facts: ["+dir", "/sys/class/net"],
  },
  { title: "the host's ipc", patch: { "/linux/namespaces": without("ipc") } },
  { title: "the host's uts", patch: { "/linux/namespaces": without("uts"), "/hostname": undefined } },
  { title: "the host's cgroup namespace", patch: { "/linux/namespaces": without("cgroup") } },
  {
    title: "a network namespace by path",
    before: "touch ns; unshare --net=ns true",
    patch: { "/linux/namespaces": withPath("network", "$BASE/ns") },
    facts: ["+dir", "/sys/class/net"],
  },
  {
    title: "a uts namespace by path",
    before: "touch ns; unshare --uts=ns hostname joined",
    patch: { "/linux/namespaces": withPath("uts", "$BASE/ns"), "/hostname": undefined },
  },
  {
    title: "an ipc namespace by path",
    before: "touch ns; unshare --ipc=ns true",
    patch: { "/linux/namespaces": withPath("ipc", "$BASE/ns") },
  },
  { title: "a network of its own", facts: ["+dir", "/sys/class/net", "+file", "/sys/class/net/lo/flags"] },
  {
    title: "time offsets",
    patch: {
      "/linux/namespaces/-": { type: "time" },
      "/linux/timeOffsets": { monotonic: { secs: 1000, nanosecs: 5 }, boottime: { secs: 86400, nanosecs: 0 } },
    },
  },
  { title: "a user namespace", patch: userns },
  {
    title: "a user namespace with two ranges",
    patch: {
      ...userns,
      "/linux/uidMappings": [
        { containerID: 0, hostID: firstId, size: 10 },
        { containerID: 10, hostID: firstId + 1000, size: 1000 },
      ],
    },
  },
  { title: "locked mounts", patch: locked },
  {
    title: "locked mounts, with a bind that follows the host's",
    patch: { ...locked, "/mounts/-": bind("/mnt", "rbind", "ro", "rslave") },
    facts: ["+dir", "/mnt"],
  },
  {
    title: "a user on a terminal with locked mounts",
    patch: { ...locked, "/process/terminal": true, "/process/user": { uid: 12, gid: 13 } },
    terminal: "50x132",
  },
  {
    title: "pipes of a user in a user namespace",
    patch: { ...userns, "/process/user": { uid: 12, gid: 13 } },
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "files of a user in a user namespace",
    patch: { ...userns, "/process/user": { uid: 12, gid: 13 } },
    streams: "files",
    facts: ["+open", "/proc/self/fd/1"],
  },
  { title: "a user in a user namespace", patch: { ...userns, "/process/user": { uid: 12, gid: 13 } } },
  {
    title: "sysctls",
    patch: {
      "/linux/sysctl": {
        "net.ipv4.ip_forward": "1",
        "kernel.shm_rmid_forced": "1",
        "fs.mqueue.msg_max": "20",
        "net.ipv4.ip_local_port_range": "2000 3000",
        "net.ipv4.ping_group_range": "0 2147483647",
        "net.ipv4.icmp_ratelimit": "333",
        "net.ipv4.route.flush": "1",
      },
    },
    facts: [
      "+file",
      "/proc/sys/net/ipv4/ip_forward",
      "+file",
      "/proc/sys/kernel/shm_rmid_forced",
      "+file",
      "/proc/sys/fs/mqueue/msg_max",
      "+file",
      "/proc/sys/net/ipv4/ip_local_port_range",
      "+file",
      "/proc/sys/net/ipv4/ping_group_range",
      "+file",
      "/proc/sys/net/ipv4/icmp_ratelimit",
    ],
  },
];

const mountRows: readonly Row[] = [
  { title: "a bind", patch: { "/mounts/-": bind("/mnt") }, facts: ["+dir", "/mnt"] },
  { title: "a read-only bind", patch: { "/mounts/-": bind("/mnt", "ro") } },
  { title: "a bind without devices and programs", patch: { "/mounts/-": bind("/mnt", "nosuid", "nodev", "noexec") } },
  {
    title: "a recursive bind",
    patch: { "/mounts/-": bind("/mnt", "rbind", "ro") },
    before: "mkdir canary/sub; mount -t tmpfs t canary/sub",
  },
  {
    title: "a recursively read-only bind",
    patch: { "/mounts/-": bind("/mnt", "rbind", "rro") },
    before: "mkdir canary/sub; mount -t tmpfs t canary/sub",
  },
  {
    title: "a private bind",
    patch: { "/mounts/-": bind("/mnt", "private") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a slave bind",
    patch: { "/mounts/-": bind("/mnt", "rslave") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a shared bind",
    patch: { "/mounts/-": bind("/mnt", "rshared") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a bind of a shared mount",
    patch: { "/mounts/-": bind("/mnt") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  { title: "an unbindable bind", patch: { "/mounts/-": bind("/mnt", "unbindable") } },
  {
    title: "a file bind on a file",
    patch: { "/mounts/-": fileBind("/etc/motd", "ro") },
    facts: ["+file", "/etc/motd"],
  },
  {
    title: "a file bind on nothing",
    patch: { ...writable, "/mounts/-": fileBind("/etc/made") },
    facts: ["+dir", "/etc"],
  },
  {
    title: "a bind on a deep missing directory",
    patch: { ...writable, "/mounts/-": bind("/opt/a/b") },
    facts: ["+stat", "/opt/a"],
  },
  {
    title: "a bind through a link inside the image",
    patch: { "/mounts/-": bind("/link/x") },
    before: "mkdir bundle/rootfs/mnt/x; ln -s mnt bundle/rootfs/link",
  },
  {
    title: "a bind through an absolute link",
    patch: { "/mounts/-": bind("/link") },
    before: "ln -s /mnt bundle/rootfs/link",
  },
  { title: "a bind with times", patch: { "/mounts/-": bind("/mnt", "noatime") } },
  {
    title: "a tmpfs",
    patch: { "/mounts/-": tmpfs("/mnt", "size=1024k", "mode=700", "uid=5", "gid=6", "nosuid", "nodev") },
    facts: ["+stat", "/mnt"],
  },
  { title: "a read-only tmpfs", patch: { "/mounts/-": tmpfs("/mnt", "ro", "noexec") } },
  {
    title: "a tmpfs without access times",
    patch: { "/mounts/-": tmpfs("/mnt", "noatime", "nodiratime", "nosymfollow") },
  },
  {
    title: "a tmpfs beneath a tmpfs",
    patch: { "/mounts/-": tmpfs("/mnt"), "/mounts/7": tmpfs("/mnt/inner", "mode=711") },
  },
  {
    title: "a tmpfs on a missing mount point",
    patch: { ...writable, "/mounts/-": tmpfs("/new/deep") },
    facts: ["+stat", "/new/deep", "+stat", "/new"],
  },
  {
    title: "a tmpfs on a mount point with a mode",
    patch: { "/mounts/-": tmpfs("/link") },
    before: "mkdir bundle/rootfs/own; chmod 2751 bundle/rootfs/own; ln -s own bundle/rootfs/link",
    facts: ["+stat", "/own"],
  },
  {
    title: "a tmpfs that begins with what it covers",
    patch: { "/mounts/-": tmpfs("/etc", "tmpcopyup", "mode=755") },
    facts: ["+dir", "/etc", "+stat", "/etc/motd"],
  },
  { title: "a read-only /dev", patch: { "/mounts/1/options": ["ro", "nosuid", "strictatime", "mode=755"] } },
  { title: "no /dev", patch: { "/mounts": [{ destination: "/proc", type: "proc", source: "proc" }] } },
  { title: "a proc that hides pids", patch: { "/mounts/0/options": ["hidepid=2", "nosuid", "nodev", "noexec"] } },
  {
    title: "the host's sysfs bound",
    patch: { "/mounts/5": { destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro", "nosuid"] } },
  },
  {
    title: "a cgroup mount (v2)",
    patch: {
      "/mounts/-": {
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
      },
    },
    facts: ["+stat", "/sys/fs/cgroup/cgroup.procs"],
  },
  { title: "no masked or read-only paths", patch: { "/linux/maskedPaths": [], "/linux/readonlyPaths": [] } },
  {
    title: "masked paths that do not exist",
    patch: { "/linux/maskedPaths": ["/nowhere", "/proc/kcore", "/etc"] },
    facts: ["+dir", "/etc"],
  },
  { title: "a read-only path", patch: { ...writable, "/linux/readonlyPaths": ["/home", "/nowhere"] } },
  { title: "a private root", patch: { "/linux/rootfsPropagation": "private" } },
  { title: "a slave root", patch: { "/linux/rootfsPropagation": "slave" } },
  { title: "a shared root", patch: { "/linux/rootfsPropagation": "shared" } },
];

const deviceRows: readonly Row[] = [
  {
    title: "a device",
    patch: {
      "/linux/devices": [{ path: "/dev/mine", type: "c", major: 1, minor: 5, fileMode: 0o640, uid: 3, gid: 4 }],
    },
  },
  {
    title: "a device in a directory",
    patch: { "/linux/devices": [{ path: "/dev/a/b", type: "c", major: 1, minor: 7, fileMode: 0o600 }] },
    facts: ["+dir", "/dev/a"],
  },
  { title: "a pipe", patch: { "/linux/devices": [{ path: "/dev/fifo", type: "p", fileMode: 0o622 }] } },
  {
    title: "a block device",
    patch: { "/linux/devices": [{ path: "/dev/disk", type: "b", major: 7, minor: 99, fileMode: 0o600 }] },
  },
  {
    title: "seccomp with an errno",
    patch: {
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["getsid"], { errnoRet: 22 }),
      "/process/user/additionalGids": [5],
    },
  },
  {
    title: "seccomp by an argument",
    patch: {
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["umask"], {
        errnoRet: 5,
        args: [{ index: 0, value: 511, op: "SCMP_CMP_EQ" }],
      }),
    },
  },
  {
    title: "seccomp with new privileges",
    patch: {
      "/process/noNewPrivileges": false,
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["getsid"]),
      "/process/user/additionalGids": [5],
    },
  },
  {
    title: "seccomp that is older than the kernel's calls, with new privileges and another user",
    patch: {
      "/process/noNewPrivileges": false,
      "/process/user": { uid: 1000, gid: 1000 },
      "/linux/seccomp": seccomp("SCMP_ACT_ERRNO", ["openat2", "faccessat2", "clone3"]),
    },
  },
];

const v1Group: Json = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};

const v1 = (title: string, patch: Patch, ...files: readonly string[]): Row => ({
  title: `${title} (v1)`,
  mode: "v1",
  patch: { "/mounts/-": v1Group, ...patch },
  facts: files.flatMap((file) => ["+file", `/sys/fs/cgroup/${file}`]),
});

const cgroupRows: readonly Row[] = [
  v1("a memory limit", { "/linux/resources/memory": { limit: 67108864 } }, "memory/memory.limit_in_bytes"),
  v1("a pids limit", { "/linux/resources/pids": { limit: 50 } }, "pids/pids.max"),
  v1("cpu shares", { "/linux/resources/cpu": { shares: 512 } }, "cpu/cpu.shares"),
  v1(
    "a cpu quota",
    { "/linux/resources/cpu": { quota: 50000, period: 100000 } },
    "cpu/cpu.cfs_quota_us",
    "cpu/cpu.cfs_period_us",
  ),
  v1("cpus", { "/linux/resources/cpu": { cpus: "0", mems: "0" } }, "cpuset/cpuset.cpus"),
  v1(
    "devices",
    {
      "/linux/resources/devices": [
        { allow: false, access: "rwm" },
        { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
      ],
    },
    "devices/devices.list",
  ),
];

/** Every row. */
export const rows: readonly Row[] = [
  ...processRows,
  ...execRows,
  ...namespaceRows,
  ...mountRows,
  ...deviceRows,
  ...cgroupRows,
];
