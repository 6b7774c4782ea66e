/** A run of ids on the host: `start`, `start + 1`, … */
export interface IdRange {
  readonly start: number;
  readonly length: number;
}

/** The machines that the helper is built for, as `uname -m` says. */
export type Arch = "x86_64" | "aarch64";

/** What a path of the host is: the kind of mount point that a bind of it needs. */
export type PathKind = "dir" | "file" | "missing";

/** What is known of the host's cgroups. Paths of cgroups start with `/` and count from the root of their hierarchy. */
export interface CgroupFacts {
  /** `hybrid`: version 1 controllers, and a cgroup2 mount that has few or none. */
  readonly mode: "v2" | "v1" | "hybrid" | "none";
  /** Where cgroup2 is mounted, such as `/sys/fs/cgroup` or `/sys/fs/cgroup/unified`. */
  readonly v2Root?: string;
  /** Version 1: controller (`memory`, `name=systemd`) → where its hierarchy is mounted. Co-mounted ones share the path. */
  readonly v1Roots: Readonly<Record<string, string>>;
  /** The caller's own cgroup in the unified hierarchy. */
  readonly own: string;
  /** Controllers of the unified hierarchy that may be used beneath `base` (its `cgroup.controllers`). */
  readonly controllers: readonly string[];
  /** The topmost cgroup of the unified hierarchy that the caller may make cgroups in: `/` for root, a delegated one for a user. */
  readonly base: string;
  /** Whether the caller may make cgroups: beneath `base`, and beneath the roots of the version 1 controllers. */
  readonly writable: boolean;
  /** Version 1: what the root of the cpuset hierarchy has, for cgroups that are made on the way. */
  readonly cpuset?: { readonly cpus: string; readonly mems: string };
  /** The files of a cgroup that belong to whoever it is delegated to. */
  readonly delegate?: readonly string[];
}

/** The systemd that may make cgroups for the caller: the host's, or for an ordinary user its own. */
export interface SystemdFacts {
  /** A unix socket: of the message bus that it is on, or its own. */
  readonly socket: string;
  /** Whether the socket is systemd's own, which no bus is behind. */
  readonly direct: boolean;
  readonly user: boolean;
  /** The cgroup that its slices are beneath: `/`, or such as `/user.slice/user-1000.slice/user@1000.service`. */
  readonly cgroup: string;
  /** The controllers of the unified hierarchy that it may hand down. */
  readonly controllers: readonly string[];
}

/** The ids that the caller may map into a user namespace, besides its own. */
export interface SubidFacts {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** Absolute path of newuidmap(1), when there is one that can do its work. */
  readonly newuidmap?: string;
  /** Absolute path of newgidmap(1), when there is one that can do its work. */
  readonly newgidmap?: string;
}

/** Everything that the planner has to know about the host: plain data, read by `host/probe.ts` before a plan is made. */
export interface HostFacts {
  readonly kernel: { readonly major: number; readonly minor: number };
  readonly arch: Arch;
  /** Effective ids of the caller. */
  readonly uid: number;
  readonly gid: number;
  /** The effective capabilities of the caller. */
  readonly capabilities: bigint;
  /** The caller may use only some of the CPUs that are online (sched_setaffinity(2), or its cpuset); absent if not. */
  readonly pinned?: true;
  /** The highest capability that the kernel knows. */
  readonly lastCap: number;
  /** Whether the caller may clone and make mounts: CAP_SYS_ADMIN in the user namespace that owns its mount namespace. */
  readonly privileged: boolean;
  /** Whether the caller is in the first user namespace, where device nodes can be made and device filters loaded. */
  readonly initialUserns: boolean;
  readonly cgroup: CgroupFacts;
  /** Where resctrl is mounted, and the schemata of the group that was asked for, when that is there. */
  readonly resctrl?: { readonly mount: string; readonly schemata?: string };
  /** Probed only if systemd is to make the cgroups; absent also if no systemd is found. */
  readonly systemd?: SystemdFacts;
  readonly subids: SubidFacts;
  /** Active security modules, such as `landlock` or `apparmor`. */
  readonly lsm: readonly string[];
  /** Whether `/proc/kcore` exists: the link `/dev/core` is made only then, as in runc. */
  readonly kcore: boolean;
  /** Absolute path on the host → what it is. Has the sources of bind mounts and the socket of a listener (`hostPathsOf`), and what a sandbox would bind. */
  readonly paths: Readonly<Record<string, PathKind>>;
  /** Links that a sandbox has as the host has them: those of `/`, such as `/bin` → `usr/bin`, and of /etc into /usr. */
  readonly rootLinks: Readonly<Record<string, string>>;
}
