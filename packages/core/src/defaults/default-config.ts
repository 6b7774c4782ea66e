import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import { defaultSeccompProfile } from "../seccomp/index.ts";
import { weaken } from "./weaken.ts";
import type { Weakening } from "./weakenings.ts";

/** What of procfs and sysfs tells of the host or its other users: what engines mask by default. */
export const maskedPaths: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
];

/** The same of sysfs, where there is one. */
export const maskedSysPaths: readonly string[] = ["/sys/devices/virtual/powercap", "/sys/firmware"];

/** What of procfs is read-only. */
export const readonlyPaths: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** Whom a default config is for. */
export interface DefaultConfigOptions {
  /** The ids that the container's root becomes, and the number of ids that follow: of the caller one. */
  readonly ids: { readonly uid: number; readonly gid: number; readonly size: number };
  /** As `uname -m` says. */
  readonly arch: string;
  /** Whether the caller may make cgroups and load device filters. */
  readonly ownsHost: boolean;
  /** Whether the host has cgroup v2 alone: its files are then shown, read-only. */
  readonly cgroup2: boolean;
  /** Mounts a procfs that has processes and nothing else: no meminfo, no cpuinfo. */
  readonly pidOnlyProc?: boolean;
  readonly unsafe?: readonly Weakening[];
}

const safe = ["nosuid", "noexec", "nodev"];

function mountsOf({ ids, cgroup2, pidOnlyProc = false }: DefaultConfigOptions): readonly object[] {
  const mount = (destination: string, type: string, source: string, options: readonly string[]) => ({
    destination,
    type,
    source,
    options,
  });
  const pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
  return [
    mount("/proc", "proc", "proc", pidOnlyProc ? [...safe, "subset=pid"] : safe),
    mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    // Terminals belong to the group tty, where there is one.
    mount("/dev/pts", "devpts", "devpts", ids.size > 5 ? [...pts, "gid=5"] : pts),
    mount("/dev/shm", "tmpfs", "shm", [...safe, "mode=1777", "size=65536k"]),
    mount("/dev/mqueue", "mqueue", "mqueue", safe),
    mount("/sys", "sysfs", "sysfs", [...safe, "ro"]),
    ...(cgroup2 ? [mount("/sys/fs/cgroup", "cgroup", "cgroup", [...safe, "relatime", "ro"])] : []),
  ];
}

/**
 * Makes the config that `coffer spec` writes: every namespace its own, ids that are not the host's, no capabilities, the
 * default filter, and nothing of the host writable. What `unsafe` names is given up.
 */
export function defaultConfig(options: DefaultConfigOptions): Config {
  const { ids, arch, ownsHost, unsafe = [] } = options;
  const types = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"];
  const config = checkConfig({
    ociVersion: "1.2.0",
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: {},
      rlimits: [
        { type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 },
        { type: "RLIMIT_CORE", hard: 0, soft: 0 },
      ],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "coffer",
    mounts: mountsOf(options),
    linux: {
      uidMappings: [{ containerID: 0, hostID: ids.uid, size: ids.size }],
      gidMappings: [{ containerID: 0, hostID: ids.gid, size: ids.size }],
      ...(ownsHost ? { resources: { devices: [{ allow: false, access: "rwm" }] } } : {}),
      namespaces: types.map((type) => ({ type })),
      seccomp: defaultSeccompProfile(arch),
      maskedPaths: [...maskedPaths, ...maskedSysPaths],
      readonlyPaths,
    },
  });
  return weaken(config, unsafe);
}
