// proc_pid_mountinfo(5): which mounts and open files of a container are the host's.
import type { System } from "../system/port.ts";

const limit = 64 * 1024 * 1024;

/** A line of mountinfo. */
export interface MountLine {
  readonly id: number;
  /** major:minor of the file system. */
  readonly device: string;
  readonly point: string;
  readonly type: string;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Reads the mounts of a process. */
export function readMountinfo(system: System, pid: number | "self"): readonly MountLine[] {
  const lines = system.readText(`/proc/${pid}/mountinfo`, limit).split("\n");
  return lines.flatMap((line) => {
    const [head = "", tail = ""] = line.split(" - ");
    const [id, , device, , point] = head.split(" ");
    const [type] = tail.split(" ");
    if (id === undefined || device === undefined || point === undefined || type === undefined) return [];
    return [{ id: Number(id), device, point: unescapeOctal(point), type }];
  });
}

/** File systems that CRIU makes anew, whoever else has them mounted. */
const madeAnew: ReadonlySet<string> = new Set(["proc", "sysfs", "mqueue"]);
const cgroups: ReadonlySet<string> = new Set(["cgroup", "cgroup2"]);

/**
 * The mount points in a container where something of the host is bound: on file systems that the host has mounted. Its
 * cgroups are the host's too, unless it has a cgroup namespace and mounted them there.
 */
export function boundPoints(
  container: readonly MountLine[],
  host: readonly MountLine[],
  hasCgroupNamespace: boolean,
): readonly string[] {
  const isNew = (type: string): boolean => madeAnew.has(type) || (hasCgroupNamespace && cgroups.has(type));
  const devices = new Set(host.map(({ device }) => device));
  const bound = container.filter(({ device, point, type }) => point !== "/" && !isNew(type) && devices.has(device));
  return [...new Set(bound.map(({ point }) => point))];
}
