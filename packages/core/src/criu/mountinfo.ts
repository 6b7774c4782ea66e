// Which mounts of a container are the host's.
import type { MountLine } from "../host/mountinfo.ts";

/** File systems that CRIU makes again, whoever else has them mounted. */
const madeAnew: ReadonlySet<string> = new Set(["proc", "sysfs", "mqueue"]);
const cgroups: ReadonlySet<string> = new Set(["cgroup", "cgroup2"]);

/**
 * The mount points in a container where something of the host is bound: on file systems that the host has mounted. Its
 * cgroups are the host's too, unless it has a cgroup namespace and mounted them there.
 */
export function boundPoints(
  container: readonly MountLine[],
  host: ReadonlySet<string>,
  hasCgroupNamespace: boolean,
): readonly string[] {
  const isNew = (type: string): boolean => madeAnew.has(type) || (hasCgroupNamespace && cgroups.has(type));
  const bound = container.filter(({ device, point, type }) => point !== "/" && !isNew(type) && host.has(device));
  return [...new Set(bound.map(({ point }) => point))];
}
