import type { JsonObject, JsonValue } from "./json/json.ts";

/** What differs from one template to another. */
export type SpecTemplateOptions = {
  /** Make a template that this user can run: a user namespace with one id mapped, and no network namespace. */
  readonly rootless?: { readonly uid: number; readonly gid: number };
  /** Add a cgroup namespace, as on a host with cgroup v2 only. */
  readonly cgroupNamespace?: boolean;
  /** The container's host name; "coffer" unless said. */
  readonly hostname?: string;
};

const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] as const;

const process = {
  terminal: true,
  user: { uid: 0, gid: 0 },
  args: ["sh"],
  env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
  cwd: "/",
  capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, ambient: capabilities },
  rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
  noNewPrivileges: true,
} as const;

function mount(destination: string, type: string, source: string, options?: readonly string[]): JsonObject {
  return options === undefined ? { destination, type, source } : { destination, type, source, options };
}

function mounts(rootless: boolean): readonly JsonObject[] {
  const safe = ["nosuid", "noexec", "nodev"] as const;
  const pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] as const;
  return [
    mount("/proc", "proc", "proc"),
    mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", "devpts", rootless ? pts : [...pts, "gid=5"]),
    mount("/dev/shm", "tmpfs", "shm", [...safe, "mode=1777", "size=65536k"]),
    mount("/dev/mqueue", "mqueue", "mqueue", safe),
    rootless
      ? mount("/sys", "none", "/sys", ["rbind", ...safe, "ro"])
      : mount("/sys", "sysfs", "sysfs", [...safe, "ro"]),
    mount("/sys/fs/cgroup", "cgroup", "cgroup", [...safe, "relatime", "ro"]),
  ];
}

const maskedPaths = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/sys/firmware",
  "/proc/scsi",
] as const;

const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"] as const;

function namespaces(options: SpecTemplateOptions): readonly JsonValue[] {
  const types = options.rootless ? ["pid", "ipc", "uts", "mount"] : ["pid", "network", "ipc", "uts", "mount"];
  const cgroup = options.cgroupNamespace ? ["cgroup"] : [];
  const user = options.rootless ? ["user"] : [];
  return [...types, ...cgroup, ...user].map((type) => ({ type }));
}

function linux(options: SpecTemplateOptions): JsonObject {
  const paths = { namespaces: namespaces(options), maskedPaths, readonlyPaths };
  if (options.rootless === undefined) {
    return { resources: { devices: [{ allow: false, access: "rwm" }] }, ...paths };
  }
  const { uid, gid } = options.rootless;
  return {
    uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
    ...paths,
  };
}

/**
 * Makes the config that `runc spec` writes, with the fields in its order.
 *
 * @example
 * stringifyJson(specTemplate({ rootless: { uid: 1000, gid: 1000 } }), "\t")
 */
export function specTemplate(options: SpecTemplateOptions = {}): JsonObject {
  return {
    ociVersion: "1.2.0", // nothing here is newer, and other runtimes can then run it
    process,
    root: { path: "rootfs", readonly: true },
    hostname: options.hostname ?? "coffer",
    mounts: mounts(options.rootless !== undefined),
    linux: linux(options),
  };
}
