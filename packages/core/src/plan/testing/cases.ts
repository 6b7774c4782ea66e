// The plans that are kept as golden files and that the verifier has to take: name → plan.
import { checkProcess } from "@coffer/spec";
import { sandboxConfig } from "../../defaults/sandbox/index.ts";
import { reducedConfig } from "../../defaults/sandbox/reduced.ts";
import type { HostFacts } from "../../host/facts.ts";
import type { Plan } from "../../wire/op.ts";
import { cgroupPlaces, planCreate } from "../create/create.ts";
import { planCheckpoint } from "../criu/checkpoint.ts";
import type { RestoreOptions } from "../criu/restore.ts";
import { planRestore } from "../criu/restore.ts";
import type { PlanCreateOptions } from "../draft/options.ts";
import { planDelete, planSignal, planStart } from "../existing/lifecycle.ts";
import { planJoin } from "../join/join.ts";
import { planReduced } from "../reduced/reduced.ts";
import type { ConfigChange } from "./builders.ts";
import {
  baseConfig,
  hybridFacts,
  hybridSystemdFacts,
  rootFacts,
  rootlessNamespaces,
  specConfig,
  systemdFacts,
  userFacts,
  usernsConfig,
  userSystemdFacts,
  v1SystemdFacts,
} from "./builders.ts";

const id = "c1";
const target = { pid: 4321, startTime: 98765n, inode: 1234n } as const;
const cgroups = [{ version: 2, mount: "/sys/fs/cgroup", path: "/coffer-c1", controllers: [] }] as const;

const hooks = {
  state: { ociVersion: "1.2.0", id, bundle: "/bundle" },
  hooks: baseConfig({ hooks: { poststart: [{ path: "/usr/bin/e", timeout: 1 }] } }).hooks?.poststart ?? [],
};

type Case = () => Plan;

/** Locked mounts, and a reason for them. */
const locked = {
  annotations: { "coffer.lock-mounts": "true" },
  process: {
    capabilities: { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] },
  },
} as const;

const root =
  (change: ConfigChange = {}, options: Partial<PlanCreateOptions> = {}, facts: HostFacts = rootFacts): Case =>
  () =>
    planCreate(baseConfig(change), facts, { id, bundle: "/bundle", ...options });

const dump = {
  target,
  criu: "/usr/sbin/criu",
  leaveRunning: false,
  preDump: false,
  cgroupMode: "soft",
  external: ["mnt[/mnt]:/mnt"],
} as const;

const restore =
  (change: ConfigChange = {}, options: Partial<RestoreOptions> = {}, facts: HostFacts = rootFacts): Case =>
  () =>
    planRestore(baseConfig(change), facts, {
      id,
      bundle: "/bundle",
      criu: "/usr/sbin/criu",
      root: "/bundle/rootfs",
      hasWork: true,
      external: ["mnt[/mnt]:/srv/data"],
      streams: ["pipe:[1]", "pipe:[2]", "pipe:[2]"],
      ...options,
    });

const userns =
  (change: ConfigChange = {}, facts: HostFacts = rootFacts): Case =>
  () =>
    planCreate(usernsConfig(change), facts, { id, bundle: "/bundle" });

const mounted = (...mounts: readonly object[]): Case => root({ mounts: [...specConfig.mounts, ...mounts] });

const bind = (...options: readonly string[]): Case =>
  mounted({ destination: "/mnt", source: "/srv/data", options: ["rbind", ...options] });

const labelFacts: HostFacts = { ...rootFacts, lsm: ["capability", "selinux", "apparmor"] };
const labels = { apparmorProfile: "docker-default", selinuxLabel: "system_u:system_r:container_t:s0:c1,c2" };
const labelled = { process: labels, linux: { mountLabel: "system_u:object_r:container_file_t:s0:c1,c2" } };

const newestFacts: HostFacts = { ...rootFacts, kernel: { major: 6, minor: 18 } };

/** In the pid namespace of others, without a user namespace. */
const pod = (): ConfigChange => ({
  linux: {
    namespaces: [{ type: "pid", path: "/run/ns/p" }, { type: "network" }, { type: "uts" }, { type: "mount" }],
    sysctl,
  },
});
const sysctl = { "net.ipv4.ip_forward": "1" };

const single = (containerID: number, hostID: number) => [{ containerID, hostID, size: 1 }];

const join = (process: object, change: ConfigChange = {}, facts: HostFacts = rootFacts): Case => {
  return () =>
    planJoin(baseConfig(change), checkProcess({ cwd: "/", args: ["id"], ...process }), facts, { target, cgroups });
};

const reducedSandbox =
  (facts: HostFacts): Case =>
  () => {
    const known = {
      ...facts,
      paths: { ...facts.paths, "/usr": "dir", "/etc/passwd": "file", "/dev/null": "file" },
    } as const;
    const account = { name: "me", group: "me", shell: "/bin/sh" };
    const asked = { args: ["sh"], cwd: "/home/me/work", env: {}, account, home: "/home/me" };
    const work = { path: "/home/me/work", kind: "dir", access: "write" } as const;
    const { config, paths } = reducedConfig({ ...asked, paths: [work] }, known);
    return planReduced(config, known, { paths, keepStreams: true, dieWithParent: true });
  };

/** A guard of what is there, and names that are not there. */
const supervised = {
  guards: [{ path: "/home/me/work/.git/config", readonly: true }],
  supervised: { names: ["/home/me/work/.envrc", "/home/me/work/.git/config"], free: ["/tmp", "/dev"] },
} as const;

const networked = {
  userNetwork: {
    program: "/usr/bin/pasta",
    args: ["pasta", "--netns", "/proc/self/fd/0"],
    rules: new Uint8Array([10, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
  },
} as const;

const sandbox =
  (
    facts: HostFacts,
    writable: boolean,
    more: Pick<PlanCreateOptions, "guards" | "supervised" | "userNetwork"> = {},
  ): Case =>
  () => {
    const paths = {
      ...facts.paths,
      "/home/me/work": "dir",
      "/usr": "dir",
      "/etc/passwd": "file",
      "/etc/ssl/certs": "dir",
    } as const;
    const known = { ...facts, paths };
    const made = sandboxConfig({ args: ["sh"], cwd: "/home/me/work", writable }, known);
    return planCreate(made.config, known, {
      id,
      cgroupManager: "none",
      dieWithParent: true,
      keepStreams: "reopened",
      ...made.options,
      ...more,
    });
  };

const limits = {
  devices: [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
  ],
  memory: { limit: 1 << 26, reservation: 1 << 25, swap: 1 << 27 },
  cpu: { shares: 512, quota: 50000, period: 100000, cpus: "0-1" },
  pids: { limit: 64 },
};

const resctrlFacts: HostFacts = {
  ...rootFacts,
  resctrl: { mount: "/sys/fs/resctrl", schemata: "L3:0=ff\nMB:0=100\n" },
};
const resctrlPlace = { mount: "/sys/fs/resctrl", group: "/c1", own: true, monitor: "/c1/mon_groups/c1" };
const systemd = { cgroupManager: "systemd" } as const;
const userScopes = cgroupPlaces(baseConfig(), userSystemdFacts, id, "systemd");
/** From a session, which is not beneath the user's systemd. */
const session = "/user.slice/user-1000.slice/session-1.scope";
const elsewhere: HostFacts = { ...userFacts, cgroup: { ...userFacts.cgroup, own: session, base: session } };
const scopes = cgroupPlaces(baseConfig(), systemdFacts, id, "systemd");
const scopesV1 = cgroupPlaces(baseConfig(), v1SystemdFacts, id, "systemd");

const notify = { socket: "/run/systemd/notify", directory: "/run/coffer/c1/notify" };

const seccomp = {
  defaultAction: "SCMP_ACT_ALLOW",
  architectures: ["SCMP_ARCH_X86_64"],
  syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
};

/** Name of the golden file → how its plan is made. */
export const planCases: Readonly<Record<string, Case>> = {
  "root-default": root(),
  "root-gate": root({}, { gate: true }),
  "root-gate-no-process": () => {
    const { process: _, ...config } = baseConfig();
    return planCreate(config, rootFacts, { id, bundle: "/bundle", gate: true });
  },
  "root-detached": root({}, { detach: true, state: true, preserveFds: 2, listenFds: 1, closedFds: [4] }),
  "root-systemd": root({ linux: { resources: limits } }, systemd, systemdFacts),
  "root-systemd-gate": root({ linux: { cgroupsPath: "a-b.slice:p:n" } }, { ...systemd, gate: true }, systemdFacts),
  "root-systemd-hybrid": root({ linux: { resources: limits } }, systemd, hybridSystemdFacts),
  "root-systemd-v1": root({ linux: { resources: limits } }, { ...systemd, gate: true }, v1SystemdFacts),
  "user-systemd": () =>
    planCreate(usernsConfig({ linux: { resources: { pids: { limit: 9 } } } }), userSystemdFacts, { id, ...systemd }),
  "exec-systemd-user": () =>
    planJoin(baseConfig(), checkProcess({ cwd: "/", args: ["id"] }), elsewhere, { target, cgroups: userScopes }),
  "host-delete-systemd": () => planDelete({ target, cgroups: scopes }),
  "host-delete-systemd-v1": () => planDelete({ target, cgroups: scopesV1 }),
  "root-minimal": root({
    mounts: [],
    hostname: "",
    linux: { namespaces: [{ type: "mount" }], resources: {}, maskedPaths: [], readonlyPaths: [] },
  }),
  "root-join-mount": root({
    mounts: [],
    root: { path: "/srv/box/rootfs" },
    hostname: "",
    linux: {
      namespaces: [{ type: "pid" }, { type: "mount", path: "/run/mountns/a" }],
      maskedPaths: [],
      readonlyPaths: [],
    },
  }),
  "root-resctrl": root({ linux: { intelRdt: { l3CacheSchema: "L3:0=f", enableMonitoring: true } } }, {}, resctrlFacts),
  "root-resctrl-made": root(
    { linux: { intelRdt: { closID: "gold", l3CacheSchema: "L3:0=f", memBwSchema: "MB:0=50", schemata: ["L2:0=3"] } } },
    {},
    { ...rootFacts, resctrl: { mount: "/sys/fs/resctrl" } },
  ),
  "root-resctrl-there": root({ linux: { intelRdt: { closID: "gold", schemata: ["L3:0=ff"] } } }, {}, resctrlFacts),
  "root-resctrl-default": root({ linux: { intelRdt: { closID: "/", enableMonitoring: true } } }, {}, resctrlFacts),
  "delete-resctrl": () => planDelete({ resctrl: { ...resctrlPlace, own: true } }),
  "delete-resctrl-shared": () => planDelete({ resctrl: { ...resctrlPlace, own: false } }),
  "join-resctrl": () =>
    planJoin(baseConfig(), checkProcess({ cwd: "/", args: ["id"] }), rootFacts, { target, resctrl: resctrlPlace }),
  "root-ready": root({}, { notify, state: true }),
  "root-ready-gate": root({}, { notify, gate: true, pidfdSocket: "/run/p.sock" }),
  "root-ready-detached": root({}, { notify: { ...notify, socket: "@name" }, detach: true, state: true }),
  "root-ready-stale": root({}, { notify: { ...notify, isStale: true }, state: true }),
  "start-ready": () => planStart({ target, hooks, notify }),
  "join-pidfd": () =>
    planJoin(baseConfig(), checkProcess({ cwd: "/", args: ["id"] }), rootFacts, { target, pidfdSocket: "/run/p.sock" }),
  "root-netdevices": root({ linux: { netDevices: { eth1: { name: "eth%d" }, "wlan.0": {} } } }),
  "root-netdevices-joined": root({
    linux: {
      namespaces: [{ type: "mount" }, { type: "pid" }, { type: "uts" }, { type: "network", path: "/run/netns/a" }],
      netDevices: { eth1: { name: "eth0" } },
    },
  }),
  "root-chroot": root({
    mounts: [],
    root: { path: "/r" },
    hostname: "",
    linux: { namespaces: [{ type: "pid" }], maskedPaths: [], readonlyPaths: [] },
  }),
  "root-no-pivot": root({}, { noPivot: true, state: true }),
  "root-rootfs-path": root({}, { rootfs: { path: "/bundle/rootfs" } }),
  "root-terminal": root({ process: { terminal: true, consoleSize: { height: 40, width: 120 } } }),
  "root-console-socket": root(
    { process: { terminal: true, user: { uid: 5, gid: 6 } } },
    { detach: true, terminal: { consoleSocket: "/run/c.sock" } },
  ),
  "root-user": root({
    process: {
      cwd: "/work",
      user: { uid: 5, gid: 6, additionalGids: [7, 8], umask: 0o77 },
      oomScoreAdj: 100,
      noNewPrivileges: false,
      capabilities: {
        bounding: ["CAP_KILL"],
        permitted: ["CAP_KILL"],
        effective: [],
        inheritable: ["CAP_KILL"],
        ambient: ["CAP_KILL"],
      },
    },
  }),
  "root-seccomp": root({ linux: { seccomp } }),
  "root-seccomp-no-nnp": root({ process: { noNewPrivileges: false }, linux: { seccomp } }),
  "root-labels": root(labelled, {}, labelFacts),
  "root-labels-files": root({ ...labelled, linux: {} }, {}, { ...labelFacts, kernel: { major: 6, minor: 1 } }),
  "root-labels-no-nnp": root(
    { process: { ...labels, noNewPrivileges: false }, linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW" } } },
    {},
    labelFacts,
  ),
  "exec-labels": join({ apparmorProfile: "other" }, { process: labels }, labelFacts),
  "exec-labels-files": join({}, { process: labels }, { ...labelFacts, kernel: { major: 5, minor: 14 } }),
  "root-sysctl": root({ linux: { sysctl: { "net.ipv4.ip_forward": "1", "kernel.shmmax": "65536" } } }),
  "root-devices": root({
    linux: {
      devices: [
        { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 3 },
        { path: "/dev/net/tun", type: "u", major: 10, minor: 200 },
        { path: "/run/pipe", type: "p" },
      ],
    },
  }),
  "root-notify": root({
    linux: {
      seccomp: {
        ...seccomp,
        flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"],
        listenerPath: "/run/agent.sock",
        listenerMetadata: "m",
        syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }],
      },
    },
  }),
  "root-notify-own": root(
    {
      process: { noNewPrivileges: true },
      linux: {
        seccomp: {
          ...seccomp,
          listenerPath: "/run/agent.sock",
          syscalls: [{ names: ["sendmsg", "execve"], action: "SCMP_ACT_NOTIFY" }],
        },
      },
    },
    {},
    { ...rootFacts, pinned: true },
  ),
  "root-notify-nothing": root(
    {
      annotations: { "run.oci.keep_original_groups": "1" },
      process: { user: { additionalGids: [7] } },
      linux: { seccomp: { ...seccomp, flags: ["SECCOMP_FILTER_FLAG_TSYNC"], listenerPath: "/run/agent.sock" } },
    },
    {},
    { ...rootFacts, paths: { ...rootFacts.paths, "/run/agent.sock": "file" } },
  ),
  "root-joined-ids": root({
    linux: { namespaces: [{ type: "user", path: "/run/ns/u" }, { type: "uts" }, { type: "mount" }] },
    mounts: [{ destination: "/mnt", source: "/srv/data", options: ["rbind", "ridmap"] }],
  }),
  "root-scheduling": root({
    process: {
      scheduler: { policy: "SCHED_DEADLINE", flags: ["SCHED_FLAG_RECLAIM"], runtime: 1, deadline: 2, period: 3 },
      ioPriority: { class: "IOPRIO_CLASS_IDLE" },
      execCPUAffinity: { initial: "0", final: "1" },
    },
    linux: {
      personality: { domain: "LINUX32" },
      memoryPolicy: { mode: "MPOL_INTERLEAVE", nodes: "0-1,64", flags: ["MPOL_F_STATIC_NODES"] },
    },
  }),
  "root-hooks": root({
    hooks: {
      prestart: [{ path: "/usr/bin/a" }],
      createRuntime: [{ path: "/usr/bin/b", args: ["b", "x"], env: ["A=1"], timeout: 5 }],
      createContainer: [{ path: "/usr/bin/c" }],
      startContainer: [{ path: "/bin/d" }],
      poststart: [{ path: "/usr/bin/e" }],
      poststop: [{ path: "/usr/bin/f" }],
    },
    annotations: { a: "b" },
  }),
  "root-propagation-shared": root({ linux: { rootfsPropagation: "rshared" } }),
  "root-propagation-private": root({ linux: { rootfsPropagation: "private" } }),
  "root-time-offsets": root({
    linux: {
      namespaces: [...specConfig.linux.namespaces, { type: "time" }],
      timeOffsets: { monotonic: { secs: 10, nanosecs: 5 }, boottime: { secs: -3 } },
    },
  }),
  "root-join-network": root({
    linux: {
      namespaces: [
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        { type: "network", path: "/run/netns/a" },
      ],
    },
  }),
  "root-join-pid": root({
    linux: {
      namespaces: [
        { type: "pid", path: "/run/ns/p" },
        { type: "network" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
      ],
    },
  }),
  "root-pod": root(pod(), { gate: true }, newestFacts),
  "root-pod-terminal": root({ ...pod(), process: { terminal: true } }, {}, newestFacts),
  "root-pod-hooks": root({ ...pod(), hooks: { createRuntime: [{ path: "/bin/hook" }] } }, {}, newestFacts),
  "userns-join-time": userns({
    linux: {
      namespaces: [
        ...rootlessNamespaces.filter(({ type }) => type !== "network"),
        { type: "network", path: "/run/netns/a" },
        { type: "time" },
      ],
      timeOffsets: { boottime: { secs: 5 } },
    },
  }),
  "root-v2-limits": root({ linux: { resources: limits, cgroupsPath: "/a/b/c" } }),
  "root-v2-more-limits": root({
    linux: {
      resources: {
        blockIO: { weight: 100, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1048576 }] },
        unified: { "memory.high": "1048576" },
      },
    },
  }),
  "userns-owns-cgroup": userns({
    mounts: [
      ...specConfig.mounts.slice(0, -1),
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] },
    ],
  }),
  "root-hybrid": root({}, {}, hybridFacts),
  "root-hybrid-limits": root({ linux: { resources: limits } }, {}, hybridFacts),
  "root-cgroupns": root(
    { linux: { namespaces: [...specConfig.linux.namespaces, { type: "cgroup" }] } },
    {},
    hybridFacts,
  ),
  "userns-root": userns(),
  "userns-root-bind": userns({
    mounts: [...specConfig.mounts, { destination: "/mnt", source: "/srv/data", options: ["rbind", "ro"] }],
  }),
  "userns-root-devices": userns({
    linux: {
      devices: [
        { path: "/dev/more/fuse", type: "c", major: 10, minor: 229, fileMode: 0o600, uid: 3 },
        { path: "/dev/null", type: "c", major: 1, minor: 3 },
        { path: "/dev/shm/x", type: "c", major: 10, minor: 232 },
        { path: "/dev/y", type: "c", major: 10, minor: 232, uid: 4_000_000 },
      ],
    },
  }),
  "userns-root-locked": userns(locked),
  "userns-join-network-locked": userns({
    ...locked,
    linux: {
      namespaces: [
        ...rootlessNamespaces.filter(({ type }) => type !== "network"),
        { type: "network", path: "/run/netns/a" },
      ],
    },
  }),
  "rootless-range-locked": userns({ ...locked, linux: { resources: {} } }, userFacts),
  "userns-root-idmap": userns({
    mounts: [...specConfig.mounts, { destination: "/mnt", source: "/srv/data", options: ["bind", "ridmap"] }],
  }),
  "userns-join-network": userns({
    linux: {
      namespaces: [
        ...rootlessNamespaces.filter(({ type }) => type !== "network"),
        { type: "network", path: "/run/netns/a" },
      ],
    },
  }),
  "rootless-range": userns({ linux: { resources: {} } }, userFacts),
  "rootless-single": userns(
    {
      mounts: specConfig.mounts.filter(({ type }) => type !== "devpts"),
      linux: { resources: {}, uidMappings: single(0, 1000), gidMappings: single(0, 1000) },
    },
    userFacts,
  ),
  "mount-ro": bind("ro"),
  "mount-rro": bind("rro", "rnosuid"),
  "mount-rw-dev-exec": bind("rw", "dev", "exec", "suid"),
  "mount-noatime": bind("noatime", "nodiratime"),
  "mount-strictatime": bind("strictatime", "rnosymfollow"),
  "mount-private": bind("rprivate"),
  "mount-shared": bind("rshared"),
  "mount-shared-host": root({
    linux: { rootfsPropagation: "rshared" },
    mounts: [{ destination: "/mnt", source: "/srv/data", options: ["rbind", "rshared"] }],
  }),
  "mount-unbindable": bind("unbindable"),
  "mount-file": mounted({
    destination: "/etc/hosts",
    type: "bind",
    source: "/etc/hosts",
    options: ["bind", "nosuid", "nodev"],
  }),
  "mount-relative-source": mounted({ destination: "data", type: "bind", source: "data", options: [] }),
  "mount-idmap": mounted({
    destination: "/mnt",
    source: "/srv/data",
    options: ["bind"],
    uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
    gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
  }),
  "mount-tmpfs": mounted({
    destination: "/t",
    type: "tmpfs",
    options: ["ro", "noexec", "sync", "tmpcopyup", "size=1m", "shared"],
  }),
  "mount-dev-bind": root({
    mounts: [specConfig.mounts[0], { destination: "/dev", type: "bind", source: "/srv/data", options: ["rbind"] }],
  }),
  "exec-default": join({}),
  "exec-host-pid": join({}, { linux: { namespaces: [{ type: "mount" }, { type: "network" }] } }),
  "exec-affinity": join({ execCPUAffinity: { initial: "0-1,9" } }),
  "exec-terminal": join({ terminal: true, user: { uid: 5, gid: 6 }, consoleSize: { height: 24, width: 80 } }),
  "exec-userns": join(
    {},
    {
      linux: {
        namespaces: rootlessNamespaces,
        uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
        gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
      },
    },
  ),
  "host-start": () => planStart({ target }),
  "host-start-hooks": () => planStart({ target, hooks }),
  "host-delete-hooks": () => planDelete({ hooks }),
  "host-signal": () => planSignal({ target, signal: 15 }),
  "host-signal-all": () => planSignal({ target, signal: 9, cgroups }),
  "host-delete": () => planDelete({ target, cgroups }),
  "host-delete-marked": () => planDelete({ cgroups: cgroups.map((place) => ({ ...place, mark: "trusted.coffer" })) }),
  "host-checkpoint": () => planCheckpoint({ ...dump, hasWork: true, freezer: "/sys/fs/cgroup/coffer-c1" }),
  "host-pre-dump": () => planCheckpoint({ ...dump, hasWork: false, preDump: true, leaveRunning: true, parent: "../0" }),
  "restore-root": restore(),
  "restore-detached": restore({}, { detach: true, tcpEstablished: true, lsmProfile: "apparmor:a" }),
  "restore-hybrid": restore({}, {}, hybridFacts),
  "restore-systemd": restore({}, systemd, systemdFacts),
  "restore-systemd-v1": restore({}, systemd, v1SystemdFacts),
  "restore-terminal-hooks": restore(
    { hooks: { createRuntime: [{ path: "/usr/bin/a" }] }, process: { ...baseConfig().process, terminal: true } },
    { terminal: { consoleSocket: "/run/console" }, detach: true, streams: [undefined, undefined, undefined] },
  ),
  "restore-join-network": restore({
    linux: {
      ...baseConfig().linux,
      namespaces: [
        { type: "mount" },
        { type: "pid" },
        { type: "network", path: "/run/netns/a" },
        { type: "ipc", path: "/run/ipc" },
      ],
    },
  }),
  "sandbox-reduced": reducedSandbox({ ...userFacts, rootLinks: {} }),
  "sandbox-reduced-root": reducedSandbox(rootFacts),
  "sandbox-root": sandbox(rootFacts, false),
  "sandbox-root-rw": sandbox(rootFacts, true),
  "sandbox-supervised": sandbox(rootFacts, true, supervised),
  "sandbox-networked": sandbox(rootFacts, true, networked),
  "sandbox-user-networked": sandbox({ ...userFacts, rootLinks: {} }, true, networked),
  "sandbox-user-supervised": sandbox({ ...userFacts, rootLinks: {} }, true, supervised),
  "sandbox-user": sandbox({ ...userFacts, rootLinks: {} }, true),
};
