// The machine's cgroups as another machine would have them, in a private mount namespace. Nothing outside changes.

const modes = {
  /** The machine as it is. */
  host: undefined,
  /** cgroup v2 only: a hybrid machine's controllers stay with v1, so there may be none. */
  v2: "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup",
  /** cgroup v1 only. */
  v1: "if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi",
  /** The root file system is a shared mount, as systemd makes it. */
  shared: "mount --make-rshared /",
  /** /proc is hidden by look-alike files. */
  "fake-proc":
    "mount -t tmpfs tmpfs /proc && mkdir -p /proc/self/fd /proc/self/attr /proc/sys/kernel && ln -s /etc/passwd /proc/self/exe",
} as const;

/** A way that the machine can look. */
export type HostMode = keyof typeof modes;

/** The words before a command that run it where the machine looks so. */
export function inMode(mode: HostMode): readonly string[] {
  const script = modes[mode];
  if (script === undefined) return [];
  return ["unshare", "-m", "--propagation", "private", "sh", "-c", `set -e; ${script}; exec "$@"`, "sh"];
}
