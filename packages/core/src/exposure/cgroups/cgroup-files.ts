// Which hierarchy a directory of control groups is in, and what may be written to it.

/** A directory of control groups. */
export interface Group {
  readonly version: number;
  /** On the host. */
  readonly path: string;
  /** Which hierarchy: controllers of version 1 by their names, the unified one as `2`. */
  readonly hierarchy: readonly string[];
  /** `new`: made, and nobody else's; `perhaps`: made unless it was there. */
  readonly is: "new" | "perhaps" | "opened" | "absent-ok";
}

const controllers: ReadonlySet<string> = new Set([
  ...["cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio", "net_cls", "net_prio"],
  ...["perf_event", "hugetlb", "rdma", "misc", "systemd", "elogind"],
]);

/** The hierarchy that a path is in. Of version 1 its mount point is named for the controllers; else it may be any. */
export function hierarchyOf(version: number, path: string): readonly string[] {
  if (version !== 1) return [`${version}`];
  return (
    path
      .split("/")
      .map((part) => part.split(","))
      .find((names) => names.every((name) => controllers.has(name))) ?? ["*"]
  );
}

/** Control files of limits and devices: what else is in a group moves, stops or ends processes, or names a program. */
const plainFile =
  /^(?:pids|memory|cpu|cpuacct|cpuset|io|blkio|hugetlb|net_cls|net_prio|rdma|misc|devices|schemata)(?:\.|$)/;
const enables = /^(?:\+[a-z_]+ ?)+$/;

/** A version 1 cpuset takes nothing beneath it until it has both; that other processes in it get fewer CPUs is no way in. */
const fills = /^cpuset\.(?:cpus|mems)$/;

/** Why a control file may not be written; undefined where it may. `stored`: only in a plan that may be anybody's. */
export function doubtFile(
  { is, version }: Group,
  file: string,
  value: string,
): { readonly what: string; readonly stored?: true } | undefined {
  const isEnabling = file === "cgroup.subtree_control" && enables.test(value);
  const isFilling = version === 1 && is === "perhaps" && fills.test(file);
  if (isEnabling || isFilling) return undefined;
  if (!plainFile.test(file)) return { what: `${file} of a cgroup is written` };
  return is === "new" ? undefined : { what: anothers, stored: true };
}

export const anothers = "a cgroup that may be another's is changed";
/** What of a cgroup its owner gets: what it needs to make others beneath, and no limit. */
export const ownerFiles: ReadonlySet<string> = new Set(["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]);
