// For each check a plan in which it finds something: the default config with one change, or an op that no planner makes.
import { checkConfig, checkProcess } from "@coffer/spec";
import { defaultConfig, maskedPaths } from "../defaults/default-config.ts";
import { reducedConfig } from "../defaults/sandbox/reduced.ts";
import { weaken } from "../defaults/weaken.ts";
import type { Weakening } from "../defaults/weakenings.ts";
import type { Subject } from "../exposure/index.ts";
import type { HostFacts } from "../host/facts.ts";
import { planCreate } from "../plan/create/create.ts";
import { planLater } from "../plan/create/later-hooks.ts";
import { criuConfigOf } from "../plan/draft/annotations.ts";
import type { PlanCreateOptions } from "../plan/draft/options.ts";
import { planJoin } from "../plan/join/join.ts";
import { planReduced } from "../plan/reduced/reduced.ts";
import { hybridFacts, rootFacts, userFacts } from "../plan/testing/builders.ts";
import type { PlanOp } from "../wire/op.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a test changes: fields of the process, of `linux`, the mounts, other fields, what is given up, the host. */
export interface Change {
  readonly process?: Fields;
  readonly linux?: Fields;
  readonly mount?: Fields;
  readonly top?: Fields;
  readonly unsafe?: readonly Weakening[];
  readonly facts?: HostFacts;
  readonly options?: Partial<PlanCreateOptions>;
}

const inside = { hooks: { createContainer: [{ path: "/usr/bin/x" }] } };
const firstId = 600_178_688;
const ids = { uid: firstId, gid: firstId, size: 65_536 };
const paths = {
  "/srv/data": "dir",
  "/": "dir",
  "/etc": "dir",
  "/boot": "dir",
  "/lib/modules": "dir",
  "/proc": "dir",
} as const;
const facts: HostFacts = {
  ...rootFacts,
  paths: {
    ...rootFacts.paths,
    ...paths,
    "/run/docker.sock": "file",
    "/opt": "dir",
    "/home/me/.ssh": "dir",
    "/sys": "dir",
  },
};

const userNetwork = { program: "/usr/bin/pasta", args: ["pasta"], rules: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0]) };

/** A sandbox without namespaces. */
export function reduced(host: Partial<HostFacts> = {}): Subject {
  const account = { name: "me", group: "me", shell: "/bin/sh" };
  const asked = { args: ["id"], cwd: "/srv", env: {}, account, home: "/home/me" };
  const at = { ...userFacts, paths: { "/usr": "dir" }, ...host } as const;
  const { config, paths } = reducedConfig({ ...asked, paths: [{ path: "/srv", kind: "dir", access: "write" }] }, at);
  return { plan: planReduced(config, at, { paths }), made: true };
}

/** The default config's plan, changed. */
export function made(change: Change = {}): Subject {
  const { process = {}, linux = {}, top = {}, unsafe = [], mount, options = {} } = change;
  const host = change.facts ?? facts;
  const base = weaken(defaultConfig({ ids, arch: "x86_64", ownsHost: true, cgroup2: true }), unsafe);
  const mounts = mount === undefined ? base.mounts : [...(base.mounts ?? []), mount];
  const config = checkConfig({
    ...base,
    mounts,
    ...top,
    process: { ...base.process, terminal: false, ...process },
    linux: { ...base.linux, ...linux },
  });
  const plan = planCreate(config, host, { id: "c1", bundle: "/bundle", ...options });
  const criuConfig = criuConfigOf(config);
  return {
    plan,
    made: true,
    criuConfig,
    later: planLater(config, "c1", "/bundle", options.gate === true),
    hostLsm: host.lsm,
  };
}

/** The same with its ops changed. */
function edited(change: Change, edit: (op: PlanOp) => readonly PlanOp[]): Subject {
  const { plan, ...rest } = made(change);
  return { ...rest, plan: { ...plan, ops: plan.ops.flatMap(edit) } };
}

const omitted = (name: PlanOp["op"]): Subject => edited({}, (op) => (op.op === name ? [] : [op]));
const bindWith = (source: string, ...options: readonly string[]): Change => ({
  mount: { destination: "/mnt", type: "bind", source, options: ["rbind", "rprivate", ...options] },
});
const bind = (source: string, ...options: readonly string[]): Change =>
  bindWith(source, "rnosuid", "rnodev", ...options);
const fs = (type: string, destination: string, ...options: readonly string[]): Change => ({
  mount: { destination, type, source: type, options: ["nosuid", "nodev", "noexec", ...options] },
});
const mapped = (hostID: number, size: number): Fields => ({
  uidMappings: [{ containerID: 0, hostID, size }],
  gidMappings: [{ containerID: 0, hostID: firstId, size: 65_536 }],
});
const namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"];
const sharing = (...types: readonly string[]): Fields => ({
  namespaces: namespaces.filter((type) => !types.includes(type)).map((type) => ({ type })),
});
/** In the pid namespace of others, without a user namespace. */
const pod: Fields = {
  namespaces: [
    { type: "pid", path: "/run/ns/p" },
    ...["mount", "network", "ipc", "uts", "cgroup"].map((type) => ({ type })),
  ],
};

const joining = (type: string, path: string): Fields => ({
  namespaces: namespaces.map((name) => (name === type ? { type, path } : { type: name })),
});
const device = (type: string, major: number, minor: number): Change => ({
  linux: { devices: [{ path: "/dev/x", type, major, minor }] },
});
const caps = (...names: readonly string[]): Fields => ({
  capabilities: { bounding: names, effective: names, permitted: names },
});

/** What init calls under the filter, and what every program does. */
const neededCalls = ["read", "write", "execve", "exit_group", "close", "sendmsg", "mmap", "rt_sigprocmask"];

/** Profiles: the call let through besides what is needed. */
const profile = (syscalls: readonly Fields[], defaultAction = "SCMP_ACT_ERRNO"): Change => ({
  linux: {
    seccomp: {
      defaultAction,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [{ names: neededCalls, action: "SCMP_ACT_ALLOW" }, ...syscalls],
    },
  },
});
export const allowing = (name: string, ...args: readonly Fields[]): Change =>
  profile([{ names: [name], action: "SCMP_ACT_ALLOW", ...(args.length > 0 ? { args } : {}) }]);
const equals = (index: number, value: number): Fields => ({ index, value, op: "SCMP_CMP_EQ" });

/** One instruction: return this. */
const returning = (answer: number): Uint8Array => {
  const program = new Uint8Array(8);
  new DataView(program.buffer).setUint16(0, 0x06, true);
  new DataView(program.buffer).setUint32(4, answer, true);
  return program;
};
const filtered = (program: Uint8Array): Subject =>
  edited({}, (op) => (op.op === "load-seccomp" ? [{ ...op, program }] : [op]));

const chrooted: Change = {
  top: { mounts: [], root: { path: "rootfs" } },
  linux: { ...sharing("mount"), maskedPaths: [], readonlyPaths: [] },
};
const joinedMount: Change = {
  top: { mounts: [], root: { path: "/srv/box" } },
  linux: { ...joining("mount", "/run/ns/m"), maskedPaths: [], readonlyPaths: [] },
};
const withoutMask = (path: string): Fields => ({
  maskedPaths: [...maskedPaths, "/sys/firmware", "/sys/devices/virtual/powercap"].filter((one) => one !== path),
});
const v1Cgroup: Change = { ...fs("cgroup", "/sys/fs/cgroup"), facts: { ...facts, cgroup: hybridFacts.cgroup } };
const withMounts = (change: Change, options: readonly string[], destination: string): Change => ({
  ...change,
  top: {
    mounts: [
      ...(defaultConfig({ ids, arch: "x86_64", ownsHost: true, cgroup2: true }).mounts ?? []).map((mount) =>
        mount.destination === destination ? { ...mount, options } : mount,
      ),
    ],
  },
});

const selinux = (label: string, mountLabel?: string): Change => ({
  facts: { ...facts, lsm: ["selinux"] },
  process: { selinuxLabel: label },
  linux: { mountLabel: mountLabel ?? label },
});
const apparmor = (profile?: string): Change => ({
  facts: { ...facts, lsm: ["apparmor"] },
  process: { apparmorProfile: profile ?? "" },
});

/** Check → plans in which it finds something. */
export const rows: Readonly<Record<string, () => Subject>> = {
  "host-root": () => made({ unsafe: ["host-root"] }),
  "host-root-mapped": () => made({ linux: mapped(0, 1) }),
  "no-user-namespace": () => made({ unsafe: ["host-root"], process: { user: { uid: 5, gid: 5 } } }),
  "mapped-people": () => made({ linux: mapped(1000, 10) }),
  "mapped-caller": () => made({ linux: mapped(1000, 1) }),
  "joined-user-namespace": () => made({ linux: { ...joining("user", "/run/ns/u"), uidMappings: [], gidMappings: [] } }),
  "groups-kept": () =>
    made({
      facts: userFacts,
      linux: {
        uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
        gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
        resources: {},
      },
      top: { mounts: [] },
    }),
  "unknown-plan": () => edited({}, (op) => (op.op === "make-fs" ? [{ ...op, options: ["strange"] }] : [op])),
  "host-pid": () => made({ linux: sharing("pid") }),
  "host-network": () => made({ linux: joining("network", "/proc/1/ns/net") }),
  "host-ipc": () => made({ linux: sharing("ipc") }),
  "host-uts": () => made({ linux: sharing("uts"), top: { hostname: "" } }),
  "host-cgroup": () => made({ linux: sharing("cgroup") }),
  "no-root-transition": () => omitted("pivot"),
  "landlock-only": () => reduced(),
  "landlock-signals": () => reduced({ kernel: { major: 6, minor: 11 } }),
  "landlock-processes": () => reduced(),
  "landlock-metadata": () => reduced(),
  "landlock-open-files": () => reduced(),
  "landlock-left": () => reduced(),
  "chroot-only": () => made(chrooted),
  "joined-mount-namespace": () => made(joinedMount),
  "seen-with-rights": () => made({ linux: pod, unsafe: ["host-root"] }),
  "joined-namespace": () => made({ linux: joining("network", "/run/netns/a") }),
  "new-privileges": () => made({ process: { noNewPrivileges: false }, unsafe: ["no-seccomp"] }),
  "inheritable-capabilities": () =>
    made({ process: { capabilities: { ...Object(caps("CAP_KILL").capabilities), inheritable: ["CAP_KILL"] } } }),
  "shared-keyring": () => made({ options: { noNewKeyring: true } }),
  "shared-session": () => omitted("new-session"),
  "passed-descriptors": () => made({ options: { preserveFds: 1 } }),
  "weak-personality": () =>
    edited({ linux: { personality: { domain: "LINUX" } } }, (op) =>
      op.op === "set-personality" ? [{ ...op, persona: 0x40000 }] : [op],
    ),
  "realtime-scheduling": () => made({ process: { scheduler: { policy: "SCHED_FIFO", priority: 1 } } }),
  "realtime-io": () => made({ process: { ioPriority: { class: "IOPRIO_CLASS_RT", priority: 1 } } }),
  "criu-config": () => made({ top: { annotations: { "org.criu.config": "/etc/criu/c.conf" } } }),
  "spared-by-oom": () => made({ process: { oomScoreAdj: -1 } }),
  "no-seccomp": () => made({ unsafe: ["no-seccomp"] }),
  "seccomp-allows-by-default": () => made(profile([], "SCMP_ACT_ALLOW")),
  "seccomp-any-architecture": () => filtered(returning(0x7fff0000)),
  "seccomp-unreadable": () => filtered(new Uint8Array(8).fill(0xff)),
  "seccomp-notify": () =>
    made({
      linux: {
        seccomp: {
          ...Object(profile([{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }]).linux?.seccomp),
          listenerPath: "/run/agent.sock",
        },
      },
    }),
  "allows-user-namespaces": () => made(allowing("unshare")),
  "allows-mounting": () => made(allowing("fsopen")),
  "allows-joining": () => made(allowing("setns")),
  "allows-bpf": () => made(allowing("bpf")),
  "allows-perf": () => made(allowing("perf_event_open")),
  "allows-io-uring": () => made(allowing("io_uring_setup")),
  "allows-keyrings": () => made(allowing("keyctl")),
  "allows-userfaultfd": () => made(allowing("userfaultfd")),
  "allows-open-by-handle": () => made(allowing("open_by_handle_at")),
  "allows-kernel-loading": () => made(allowing("kexec_load")),
  "allows-host-control": () => made(allowing("reboot")),
  "allows-page-cache-sockets": () => made(allowing("socket", equals(0, 38))),
  "allows-rare-sockets": () => made(allowing("socket", equals(0, 40))),
  "allows-hidden-sockets": () => made(allowing("socketcall")),
  // A filter that compares all 64 bits of the request misses what the kernel reads.
  "allows-terminal-input": () =>
    made(
      profile([{ names: ["ioctl"], action: "SCMP_ACT_ALLOW", args: [{ index: 1, value: 0x5412, op: "SCMP_CMP_NE" }] }]),
    ),
  "allows-fixed-addresses": () => made(allowing("personality")),
  "allows-tracing": () => made(allowing("ptrace")),
  "apparmor-unconfined": () => made(apparmor(":ns://unconfined//&unconfined")),
  "selinux-unconfined": () => made(selinux("system_u:system_r:spc_t:s0:c1,c2")),
  unlabelled: () => made({ ...apparmor(), unsafe: ["host-root"] }),
  "own-unlabelled": () => made({ facts: { ...facts, lsm: ["selinux"] } }),
  "selinux-shared-level": () => made(selinux("system_u:system_r:container_t:s0-s0:c0.c1023")),
  "unlabelled-mounts": () => made(selinux("system_u:system_r:container_t:s0:c1,c2", "")),
  "bind-sensitive-note": () => made(bind("/lib/modules", "rro")),
  "bind-sensitive-low": () => made(bind("/boot", "rro")),
  "bind-sensitive-high": () => made(bind("/home/me/.ssh", "rro")),
  "bind-sensitive-critical": () => made(bind("/run/docker.sock", "rro")),
  "bind-through-links": () => made(bind("/srv/data", "rro")),
  "bind-writable": () => made(bind("/srv/data")),
  "bind-guards-what-exists": () =>
    made({ ...bind("/srv/data"), options: { guards: [{ path: "/mnt/.git/hooks", readonly: true }] } }),
  "bind-readonly-top": () => made(bind("/srv/data", "ro")),
  "bind-devices": () => made(bindWith("/srv/data", "rro", "rnosuid")),
  "bind-set-user-id": () => made(bindWith("/srv/data", "rro", "rnodev")),
  "bind-shared": () =>
    made({
      ...bind("/srv/data", "rro", "rshared"),
      unsafe: ["host-root"],
      linux: { rootfsPropagation: "rshared" },
    }),
  "bind-receives-mounts": () => made(bind("/srv/data", "rro", "rslave")),
  "mounts-unlocked": () => made({ ...allowing("pivot_root"), process: caps("CAP_SYS_ADMIN") }),
  "mounts-movable": () =>
    made({
      ...bind("/srv/data"),
      unsafe: ["user-namespaces"],
      options: { guards: [{ path: "/mnt/.git/hooks", readonly: true }] },
    }),
  "writable-root": () => made({ top: { root: { path: "rootfs" } } }),
  "kernel-file-system": () => made(fs("debugfs", "/mnt")),
  "parsed-file-system": () => made(fs("ext4", "/mnt")),
  "tmpfs-set-user-id": () => made({ mount: { destination: "/mnt", type: "tmpfs", source: "x", options: ["size=1m"] } }),
  "tmpfs-unbounded": () => made(fs("tmpfs", "/mnt")),
  "proc-writable": () => made({ unsafe: ["host-root"], linux: { readonlyPaths: ["/proc/bus", "/proc/fs"] } }),
  "own-proc-writable": () => made({ linux: { readonlyPaths: [] } }),
  "proc-kcore": () => made({ unsafe: ["host-root"], linux: withoutMask("/proc/kcore") }),
  "own-proc-kcore": () => made({ linux: withoutMask("/proc/kcore") }),
  "proc-unmasked": () => made({ linux: withoutMask("/proc/keys") }),
  "proc-telling": () => made({ linux: withoutMask("/proc/interrupts") }),
  "sys-unmasked": () => made({ linux: withoutMask("/sys/firmware") }),
  "sys-telling": () => made({ linux: withoutMask("/sys/devices/virtual/powercap") }),
  "sys-writable": () => made(withMounts({ unsafe: ["host-root"] }, ["nosuid"], "/sys")),
  "own-sys-writable": () => made(withMounts({}, ["nosuid"], "/sys")),
  "cgroup-writable": () =>
    made({
      ...withMounts({ unsafe: ["host-root"] }, ["nosuid"], "/sys/fs/cgroup"),
      linux: {
        namespaces: namespaces.filter((type) => type !== "cgroup" && type !== "user").map((type) => ({ type })),
      },
    }),
  "own-cgroup-writable": () => made(withMounts({}, ["nosuid"], "/sys/fs/cgroup")),
  "cgroup-v1-writable": () => made({ ...v1Cgroup, unsafe: ["host-root"] }),
  "own-cgroup-v1-writable": () => made(v1Cgroup),
  "host-parameter": () =>
    edited({ linux: { sysctl: { "kernel.shmmax": "1" } } }, (op) =>
      op.op === "sysctl" ? [{ ...op, key: "kernel/core_pattern" }] : [op],
    ),
  "device-low": () => made(device("c", 10, 229)),
  "device-medium": () => made(device("c", 10, 232)),
  "device-high": () => made(device("c", 13, 64)),
  "device-critical": () => made(device("b", 8, 0)),
  "devices-unfiltered": () =>
    edited({ unsafe: ["host-root"], process: caps("CAP_MKNOD") }, (op) => (op.op === "set-device-filter" ? [] : [op])),
  "devices-allowed": () =>
    made({ unsafe: ["host-root"], linux: { resources: { devices: [{ allow: true, access: "rwm" }] } } }),
  "devices-unknown": () =>
    edited({}, (op) => (op.op === "set-device-filter" ? [{ ...op, program: new Uint8Array(8).fill(0xff) }] : [op])),
  hooks: () => made({ top: { hooks: { poststop: [{ path: "/usr/bin/x" }] } } }),
  "hooks-inside": () => made({ unsafe: ["host-pid"], top: inside }),
  "suid-dumpable": () => ({ ...made(), seenAtIds: true }),
  "host-sockets": () => ({ ...made(), sockets: ["/run/user/1000/bus"] }),
  "added-secrets": () => ({
    ...made(),
    egress: { allow: [], hostPorts: [], publishes: false, secrets: ["api.example.org:443"] },
  }),
  "user-network": () => made({ options: { userNetwork } }),
  "moved-interface": () => made({ linux: { netDevices: { eth1: {} } } }),
  "core-dumps": () => made({ process: { rlimits: [] } }),
  "pids-unlimited": () => made(),
  "memory-unlimited": () => made(),
};

/** A plan in which each of them finds nothing, where the default plan is not one. */
export const clean: Readonly<Record<string, () => Subject>> = {
  "allows-tracing": () => made(profile([])),
  "mounts-unlocked": () => made({ process: caps("CAP_SYS_ADMIN") }),
  "apparmor-unconfined": () => made(apparmor("unconfined//&engine-default")),
  "selinux-unconfined": () => made(selinux("system_u:system_r:container_t:s0:c1,c2")),
  unlabelled: () => made({ ...apparmor("engine-default"), unsafe: ["host-root"] }),
  "own-unlabelled": () => made(apparmor("engine-default")),
  "selinux-shared-level": () => made(selinux("system_u:system_r:container_t:s0:c1,c2")),
  "unlabelled-mounts": () => made(selinux("system_u:system_r:container_t:s0:c1,c2")),
  "hooks-inside": () => made({ top: inside }),
  "pids-unlimited": () => made({ linux: { resources: { pids: { limit: 9 } } } }),
  "memory-unlimited": () => made({ linux: { resources: { memory: { limit: 1 << 20 } } } }),
};

/** A further process of the default container. */
export function joined(process: object): Subject {
  const container = { pid: 4321, startTime: 1n, inode: 2n };
  const config = defaultConfig({ ids, arch: "x86_64", ownsHost: true, cgroup2: true });
  const asked = checkProcess({ cwd: "/", args: ["id"], ...process });
  return { plan: planJoin(config, asked, facts, { target: container }), made: true, container };
}
