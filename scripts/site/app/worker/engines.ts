// What engines give a container by default, as configs. The system call filter is Coffer's own default: theirs differ by engine
// and version. Sources: moby daemon/pkg/oci/defaults.go, containers/common pkg/config, containerd pkg/oci/spec_opts.go.
import { defaultSeccompProfile } from "@coffer/core";
import type { JsonObject, JsonValue } from "@coffer/spec";

const usual = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

/** Podman's list is shorter than Docker's. */
const podmans = usual.filter((name) => !["CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE"].includes(name));

const others = [
  ..."DAC_READ_SEARCH LINUX_IMMUTABLE NET_BROADCAST NET_ADMIN IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO".split(" "),
  ..."SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG LEASE".split(" "),
  ..."AUDIT_CONTROL MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF".split(" "),
  "CHECKPOINT_RESTORE",
].map((name) => `CAP_${name}`);
const every = [...usual, ...others];

const maskedPaths = [
  ..."/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats".split(" "),
  ..."/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats".split(" "),
  ..."/sys/devices/virtual/powercap /sys/firmware".split(" "),
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const mount = (destination: string, type: string, source: string, options: string): JsonObject => ({
  destination,
  type,
  source,
  options: options.split(","),
});

const bind = (source: string, destination: string, options = "rbind,rprivate"): JsonObject =>
  mount(destination, "bind", source, options);

const systemMounts = (privileged: boolean): readonly JsonObject[] => {
  const access = privileged ? "rw" : "ro";
  return [
    mount("/proc", "proc", "proc", "nosuid,noexec,nodev"),
    mount("/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"),
    mount("/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"),
    mount("/sys", "sysfs", "sysfs", `nosuid,noexec,nodev,${access}`),
    mount("/sys/fs/cgroup", "cgroup", "cgroup", `nosuid,noexec,nodev,relatime,${access}`),
    mount("/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"),
    mount("/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=67108864"),
  ];
};

const deviceRules: readonly JsonObject[] = [
  { allow: false, access: "rwm" },
  ...["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2"].map((number) => {
    const [major, minor] = number.split(":").map(Number);
    return {
      allow: true,
      type: "c",
      access: "rwm",
      ...(major === undefined ? {} : { major }),
      ...(minor === undefined ? {} : { minor }),
    };
  }),
  { allow: true, type: "c", major: 136, access: "rwm" },
];

/** Devices of a host that a privileged container has: a few that stand for all. */
const hostDevices: readonly JsonObject[] = [
  { path: "/dev/sda", type: "b", major: 8, minor: 0, fileMode: 0o660, uid: 0, gid: 6 },
  { path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 0o644, uid: 0, gid: 0 },
  { path: "/dev/mem", type: "c", major: 1, minor: 1, fileMode: 0o640, uid: 0, gid: 15 },
  { path: "/dev/kvm", type: "c", major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 993 },
];

interface Engine {
  readonly privileged?: boolean;
  readonly capabilities: readonly string[];
  readonly mounts: readonly JsonObject[];
  readonly namespaces: readonly JsonObject[];
  readonly cgroupsPath: string;
  readonly linux?: JsonObject;
  readonly process?: JsonObject;
}

function plain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

function configOf(engine: Engine): JsonObject {
  const { privileged = false, capabilities } = engine;
  const sets = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  return {
    ociVersion: "1.2.0",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=example"],
      cwd: "/",
      capabilities: sets,
      ...engine.process,
      ...(privileged ? { apparmorProfile: "unconfined" } : {}),
    },
    root: { path: "rootfs" },
    hostname: "example",
    mounts: [...systemMounts(privileged), ...engine.mounts],
    linux: {
      cgroupsPath: engine.cgroupsPath,
      resources: { devices: privileged ? [{ allow: true, access: "rwm" }] : deviceRules },
      namespaces: engine.namespaces,
      ...(privileged
        ? { devices: hostDevices }
        : { seccomp: plain(defaultSeccompProfile("x86_64")), maskedPaths, readonlyPaths }),
      ...engine.linux,
    },
  };
}

const own = (...types: readonly string[]): readonly JsonObject[] => types.map((type) => ({ type }));

const dockerFiles = ["resolv.conf", "hostname", "hosts"].map((name) =>
  bind(`/var/lib/docker/containers/example/${name}`, `/etc/${name}`),
);
const docker: Engine = {
  capabilities: usual,
  mounts: dockerFiles,
  namespaces: own("mount", "network", "uts", "pid", "ipc", "cgroup"),
  cgroupsPath: "/docker/example",
  process: { apparmorProfile: "docker-default" },
};

const podmanFiles = ["resolv.conf", "hosts", "hostname"].map((name) =>
  bind(`/run/containers/storage/overlay-containers/example/userdata/${name}`, `/etc/${name}`, "bind,rprivate"),
);
const podman: Engine = {
  capabilities: podmans,
  mounts: podmanFiles,
  namespaces: own("pid", "network", "ipc", "uts", "mount", "cgroup"),
  cgroupsPath: "/libpod_parent/libpod-example",
  linux: { resources: { devices: deviceRules, pids: { limit: 2048 } } },
  process: {
    apparmorProfile: "containers-default-0.62.2",
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1048576, soft: 1048576 }],
  },
};

const pods = "/var/lib/kubelet/pods/0f1e/";
const podFiles = [
  bind(`${pods}etc-hosts`, "/etc/hosts", "rbind,rprivate,rw"),
  bind(`${pods}containers/app/termination-log`, "/dev/termination-log", "rbind,rprivate,rw"),
  bind("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/pod/hostname", "/etc/hostname", "rbind,rprivate,rw"),
  bind(
    "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/pod/resolv.conf",
    "/etc/resolv.conf",
    "rbind,rprivate,rw",
  ),
  bind(
    `${pods}volumes/kubernetes.io~projected/token`,
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "rbind,rprivate,ro",
  ),
];
const pod: Engine = {
  capabilities: usual,
  mounts: podFiles,
  namespaces: [
    ...own("pid", "mount", "cgroup"),
    { type: "ipc", path: "/proc/4242/ns/ipc" },
    { type: "uts", path: "/proc/4242/ns/uts" },
    { type: "network", path: "/var/run/netns/cni-example" },
  ],
  cgroupsPath: "/kubepods/burstable/pod0f1e/example",
  linux: {
    resources: {
      devices: deviceRules,
      memory: { limit: 134217728 },
      cpu: { shares: 102, quota: 50000, period: 100000 },
    },
  },
  process: { apparmorProfile: "cri-containerd.apparmor.d", oomScoreAdj: 979 },
};

/** The configs of engines by their names. */
export const engineConfigs: Readonly<Record<string, () => JsonObject>> = {
  "docker run": () => configOf(docker),
  "docker run --privileged": () => configOf({ ...docker, privileged: true, capabilities: every }),
  "podman run": () => configOf(podman),
  "podman run --privileged": () => configOf({ ...podman, privileged: true, capabilities: every }),
  "Kubernetes pod": () => configOf(pod),
  "Kubernetes pod, privileged": () => configOf({ ...pod, privileged: true, capabilities: every }),
};
