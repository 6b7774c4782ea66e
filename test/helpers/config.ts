import type { Json, Patch } from "./json.ts";
import { patched } from "./json.ts";

const safe = ["nosuid", "noexec", "nodev"];
const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

/** The mounts of the default config. */
export const defaultMounts: readonly Json[] = [
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
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...safe, "mode=1777", "size=65536k"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: safe },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: [...safe, "ro"] },
];

/** The namespaces of the default config: all but user and time. */
export const defaultNamespaces: readonly Json[] = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((type) => ({
  type,
}));

const masked = ["acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi"];
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

/** What `runc spec` writes, without a terminal and with the probe as its program. One test changes one field of it. */
export function baseConfig(patch: Patch = {}): Json {
  const base: Json = {
    ociVersion: "1.2.0",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["/probe", "facts"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        ambient: capabilities,
      },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "box",
    mounts: defaultMounts,
    linux: {
      resources: { devices: [{ allow: false, access: "rwm" }] },
      namespaces: defaultNamespaces,
      maskedPaths: [...masked.map((name) => `/proc/${name}`), "/sys/firmware"],
      readonlyPaths,
    },
  };
  return patched(base, patch);
}

/**
 * Where the ids of this process's user namespaces begin: the kernel lets a user have 200 keyrings, and counts those that are
 * gone for a while. The containers of all tests together would have more.
 */
export const firstId: number = 100_000 + (process.pid % 4000) * 65_536;

/** A text with ` $ID+N` for each id of this process's user namespaces, so that it is the same in another process. */
export function withoutOwnIds(text: string): string {
  return text.replaceAll(/ *\b\d+\b/g, (word) => {
    const index = Number(word) - firstId;
    return index >= 0 && index < 65_536 ? ` $ID+${index}` : word;
  });
}

/** A mapping of so many of them. */
export const ownIds = (size: number): readonly Json[] => [{ containerID: 0, hostID: firstId, size }];

/** What an ordinary user's config has otherwise: a user namespace with one id, the host's sysfs, no cgroup. */
export function rootlessPatch(uid: number, gid: number): Patch {
  return {
    "/linux/uidMappings": [{ containerID: 0, hostID: uid, size: 1 }],
    "/linux/gidMappings": [{ containerID: 0, hostID: gid, size: 1 }],
    "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
    "/linux/resources": undefined,
    "/linux/cgroupsPath": undefined,
    "/mounts/2/options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
  };
}
