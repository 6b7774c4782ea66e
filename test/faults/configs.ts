// The configs whose plans are put to the test: together they ask for every op that a container's plan can have.
import { probe } from "../helpers/build.ts";
import { defaultMounts, defaultNamespaces, ownIds, rootlessPatch } from "../helpers/config.ts";
import type { Json, Patch } from "../helpers/json.ts";

/** A hook that succeeds. */
export const hook = (point: string): Json => ({ path: probe(), args: ["probe", "exit", "0", point], timeout: 5 });

const hooks: Json = {
  prestart: [hook("prestart")],
  createRuntime: [hook("createRuntime")],
  createContainer: [hook("createContainer")],
  startContainer: [{ path: "/probe", args: ["probe", "exit", "0"], timeout: 5 }],
  poststart: [hook("poststart")],
  poststop: [hook("poststop")],
};

const seccomp: Json = {
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
};

const allowAll: Json = [{ allow: true, access: "rwm" }];
/** Rules for devices that leave one. */
export const denyMost: Json = [
  { allow: false, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
];

/** A program that does not end by itself. */
export const sleeping: Json = ["/probe", "sleep", "1000"];

const idmapped = (options: readonly string[]): Json => ({
  destination: "/mnt",
  source: "$BASE/canary",
  options: ["bind", ...options],
  uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
  gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
});

/** A few of each kind: the ops of the others are the same. */
export const fewPaths: Patch = {
  "/linux/cgroupsPath": undefined,
  "/linux/maskedPaths": ["/proc/kcore", "/sys/firmware", "/proc/none"],
  "/linux/readonlyPaths": ["/proc/sys"],
};

/** Nearly everything that a config can say, for a privileged caller without a user namespace. */
export const full: Patch = {
  ...fewPaths,
  "/process/args": sleeping,
  "/process/terminal": true,
  "/process/consoleSize": { height: 40, width: 120 },
  "/process/user": { uid: 5, gid: 6, additionalGids: [7], umask: 0o27 },
  "/process/cwd": "/home",
  "/process/oomScoreAdj": 100,
  "/process/noNewPrivileges": false,
  "/process/rlimits": [
    { type: "RLIMIT_NOFILE", hard: 512, soft: 256 },
    { type: "RLIMIT_CORE", hard: 0, soft: 0 },
  ],
  "/process/scheduler": { policy: "SCHED_BATCH", nice: 3 },
  "/process/ioPriority": { class: "IOPRIO_CLASS_BE", priority: 6 },
  "/process/execCPUAffinity": { initial: "0", final: "0" },
  "/domainname": "example.org",
  "/hooks": hooks,
  "/mounts": [
    ...defaultMounts,
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] },
    { destination: "/home", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m"] },
    { destination: "/tmp", type: "bind", source: "$BASE/canary", options: ["rbind", "ro", "rslave"] },
    { destination: "/etc/motd", type: "bind", source: "$BASE/canary/file", options: ["bind", "ro"] },
    idmapped([]),
  ],
  "/linux/namespaces": [...defaultNamespaces, { type: "time" }],
  "/linux/timeOffsets": { boottime: { secs: 100, nanosecs: 0 } },
  "/linux/sysctl": { "net.ipv4.ip_forward": "1" },
  "/linux/seccomp": seccomp,
  "/linux/rootfsPropagation": "rslave",
  "/linux/personality": { domain: "LINUX32" },
  "/linux/memoryPolicy": { mode: "MPOL_PREFERRED", nodes: "0" },
  "/linux/devices": [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 3 }],
  "/linux/resources": {
    devices: denyMost,
    memory: { limit: 1 << 26, reservation: 1 << 25 },
    cpu: { shares: 512, quota: 50000, period: 100000 },
    pids: { limit: 64 },
  },
};

/** Everything with a user namespace of the caller's choice of ids, and an agent for seccomp. */
export const userns: Patch = {
  ...fewPaths,
  "/process/args": sleeping,
  "/process/user": { uid: 5, gid: 6, additionalGids: [7] },
  "/process/capabilities": { bounding: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] },
  "/process/oomScoreAdj": 100,
  "/annotations": { "coffer.lock-mounts": "true" },
  "/hooks": hooks,
  "/mounts": [
    ...defaultMounts.slice(0, 3),
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/tmp", type: "bind", source: "$BASE/canary", options: ["rbind", "ro"] },
  ],
  "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
  "/linux/devices": [{ path: "/dev/more/fuse", type: "c", major: 10, minor: 229, uid: 5 }],
  "/linux/uidMappings": ownIds(65_536),
  "/linux/gidMappings": ownIds(65_536),
  "/linux/seccomp": {
    defaultAction: "SCMP_ACT_ALLOW",
    listenerPath: "$BASE/socket",
    syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_NOTIFY" }],
  },
  "/linux/resources": { devices: allowAll, pids: { limit: 64 } },
};

/** On a host with version 2 alone: the device filter, and a cgroup that belongs to the container's root. */
export const v2: Patch = {
  "/process/args": sleeping,
  ...fewPaths,
  "/mounts": [
    ...defaultMounts.slice(0, 2),
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] },
  ],
  "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
  "/linux/uidMappings": ownIds(65_536),
  "/linux/gidMappings": ownIds(65_536),
  "/linux/resources": { devices: denyMost },
};

/** A namespace by path, and none for mounts. */
export const few: Patch = {
  "/process/args": ["/probe", "exit", "7"],
  "/process/user": { uid: 5, gid: 6 },
  "/mounts": [],
  "/linux/namespaces": [{ type: "pid" }, { type: "network", path: "/proc/thread-self/ns/net" }],
  "/linux/cgroupsPath": undefined,
  "/linux/maskedPaths": [],
  "/linux/readonlyPaths": [],
  "/linux/resources": { blockIO: { weight: 100 } },
  "/hostname": undefined,
  "/root/readonly": false,
};

/** What an ordinary user runs: a range of ids, which newuidmap(1) and newgidmap(1) map. */
export const rootless = (uid: number, gid: number, subuid: number, subgid: number): Patch => ({
  ...rootlessPatch(uid, gid),
  "/process/args": ["/probe", "exit", "7"],
  "/mounts": defaultMounts.slice(0, 2),
  "/linux/maskedPaths": ["/proc/kcore"],
  "/linux/readonlyPaths": ["/proc/sys"],
  "/linux/uidMappings": [
    { containerID: 0, hostID: uid, size: 1 },
    { containerID: 1, hostID: subuid, size: 100 },
  ],
  "/linux/gidMappings": [
    { containerID: 0, hostID: gid, size: 1 },
    { containerID: 1, hostID: subgid, size: 100 },
  ],
});

/** In the foreground, with a terminal that the launcher relays. */
export const foreground: Patch = {
  "/process/args": ["/probe", "exit", "7"],
  "/process/terminal": true,
  "/process/execCPUAffinity": { initial: "0" },
  ...fewPaths,
  "/mounts": defaultMounts.slice(0, 3),
  "/hooks": { startContainer: [{ path: "/probe", args: ["probe", "exit", "0"] }], poststart: [hook("poststart")] },
  "/linux/seccomp": seccomp,
};

/** To be joined by a process with a terminal. */
export const joined: Patch = {
  "/linux/cgroupsPath": undefined,
  "/process/args": sleeping,
  "/process/execCPUAffinity": { initial: "0", final: "0" },
  "/process/rlimits": [{ type: "RLIMIT_NPROC", hard: 1000, soft: 900 }],
};

/** To be acted on from outside. */
export const small: Patch = {
  ...fewPaths,
  "/process/args": sleeping,
  "/hooks": { poststop: [hook("poststop")] },
  "/linux/resources": { memory: { limit: 1 << 26 }, cpu: { shares: 512 }, pids: { limit: 64 } },
};
