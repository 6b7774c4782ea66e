// Inputs of the planner's tests: start from these and change one field.
import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";

/** The parts of a config that tests change; merged one level deep. */
export interface ConfigChange {
  readonly [field: string]: unknown;
  readonly process?: Readonly<Record<string, unknown>>;
  readonly linux?: Readonly<Record<string, unknown>>;
}

const caps = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

/** What `runc spec` writes, without a terminal and without resources. */
export const specConfig = {
  ociVersion: "1.2.0",
  process: {
    terminal: false,
    user: { uid: 0, gid: 0 },
    args: ["sh"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
    cwd: "/",
    capabilities: { bounding: caps, effective: caps, permitted: caps, ambient: caps },
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
    noNewPrivileges: true,
  },
  root: { path: "rootfs", readonly: true },
  hostname: "runc",
  mounts: [
    { destination: "/proc", type: "proc", source: "proc" },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
    },
  ],
  linux: {
    resources: { devices: [{ allow: false, access: "rwm" }] },
    namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
    maskedPaths: ["/proc/acpi", "/proc/kcore", "/sys/firmware"],
    readonlyPaths: ["/proc/bus", "/proc/sys"],
  },
} as const;

/** A config with some fields changed; `undefined` removes one. */
export function baseConfig(change: ConfigChange = {}): Config {
  return checkConfig({
    ...specConfig,
    ...change,
    process: { ...specConfig.process, ...change.process },
    linux: { ...specConfig.linux, ...change.linux },
  });
}

/** The namespaces of a rootless container. */
export const rootlessNamespaces = [
  { type: "pid" },
  { type: "network" },
  { type: "ipc" },
  { type: "uts" },
  { type: "mount" },
  { type: "cgroup" },
  { type: "user" },
] as const;

/** A config whose container has a user namespace of 65536 ids. */
export function usernsConfig(change: ConfigChange = {}): Config {
  const maps = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const linux = { namespaces: rootlessNamespaces, uidMappings: maps, gidMappings: maps, ...change.linux };
  return baseConfig({ ...change, linux });
}

/** A privileged caller on a cgroup v2 host. */
export const rootFacts: HostFacts = {
  kernel: { major: 6, minor: 12 },
  arch: "x86_64",
  uid: 0,
  gid: 0,
  capabilities: (1n << 41n) - 1n,
  lastCap: 40,
  privileged: true,
  initialUserns: true,
  cgroup: {
    mode: "v2",
    v2Root: "/sys/fs/cgroup",
    v1Roots: {},
    own: "/user.slice",
    controllers: ["cpuset", "cpu", "io", "memory", "pids"],
    base: "/",
    writable: true,
  },
  subids: { uids: [], gids: [] },
  lsm: ["capability", "landlock"],
  kcore: true,
  paths: { "/srv/data": "dir", "/etc/hosts": "file", "/bundle/data": "dir" },
  rootLinks: { "/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/sbin": "usr/sbin" },
};

const withSystemd = (controllers: readonly string[]): Pick<HostFacts, "systemd"> => ({
  systemd: { socket: "/run/dbus/system_bus_socket", direct: false, user: false, cgroup: "/", controllers },
});

/** The same where systemd is to make the cgroups. */
export const systemdFacts: HostFacts = { ...rootFacts, ...withSystemd(rootFacts.cgroup.controllers) };

/** A privileged caller on a hybrid host: version 1 controllers, and a cgroup2 that has none. */
export const hybridFacts: HostFacts = {
  ...rootFacts,
  cgroup: {
    mode: "hybrid",
    v2Root: "/sys/fs/cgroup/unified",
    v1Roots: {
      cpu: "/sys/fs/cgroup/cpu,cpuacct",
      cpuacct: "/sys/fs/cgroup/cpu,cpuacct",
      cpuset: "/sys/fs/cgroup/cpuset",
      devices: "/sys/fs/cgroup/devices",
      memory: "/sys/fs/cgroup/memory",
      "name=systemd": "/sys/fs/cgroup/systemd",
      pids: "/sys/fs/cgroup/pids",
    },
    own: "/",
    controllers: [],
    base: "/",
    writable: true,
    cpuset: { cpus: "0-1", mems: "0" },
  },
};

/** The same where systemd is to make the cgroups. */
export const hybridSystemdFacts: HostFacts = { ...hybridFacts, ...withSystemd([]) };

/** One that has no unified hierarchy at all. */
export const v1SystemdFacts: HostFacts = {
  ...hybridSystemdFacts,
  cgroup: {
    mode: "v1",
    v1Roots: { ...hybridFacts.cgroup.v1Roots, freezer: "/sys/fs/cgroup/freezer" },
    own: "/",
    controllers: [],
    base: "/",
    writable: true,
    cpuset: { cpus: "0-1", mems: "0" },
  },
};

/** An ordinary user with subordinate ids. */
export const userFacts: HostFacts = {
  ...rootFacts,
  uid: 1000,
  gid: 1000,
  capabilities: 0n,
  privileged: false,
  cgroup: { ...rootFacts.cgroup, own: "/user.slice/user-1000.slice", writable: false },
  subids: {
    uids: [{ start: 100000, length: 65536 }],
    gids: [{ start: 100000, length: 65536 }],
    newuidmap: "/usr/bin/newuidmap",
    newgidmap: "/usr/bin/newgidmap",
  },
};

/** An ordinary user whose own systemd is to make the cgroups. */
export const userSystemdFacts: HostFacts = {
  ...userFacts,
  systemd: {
    socket: "/run/user/1000/bus",
    direct: false,
    user: true,
    cgroup: "/user.slice/user-1000.slice/user@1000.service",
    controllers: ["cpu", "memory", "pids"],
  },
};
