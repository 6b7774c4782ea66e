// proc_pid_mountinfo(5). A mount namespace can have 100 000 mounts (fs.mount-max), and any user may choose the names of some.
import type { System } from "../system/port.ts";

/** A line of mountinfo. */
export interface MountLine {
  readonly id: number;
  /** major:minor of the file system. */
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  /** Options of the file system, with commas between. */
  readonly options: string;
}

/** Undoes mountinfo's `\\040`. */
function undoOctal(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Reads a line; undefined when it is none. */
function parseLine(line: string): MountLine | undefined {
  const border = line.indexOf(" - ");
  const [id, , device, root, point] = line.slice(0, Math.max(border, 0)).split(" ");
  const [type, , options = ""] = line.slice(border + 3).split(" ");
  if (id === undefined || device === undefined || root === undefined || point === undefined || type === undefined)
    return undefined;
  return { id: Number(id), device, root: undoOctal(root), point: undoOctal(point), type, options };
}

/**
 * What a caller makes of the mounts of a process, without those of which it makes nothing. `type`: it makes nothing of file
 * systems whose type begins in another way, and their lines are not parsed.
 */
export function readMountinfo<T>(
  system: System,
  pid: number | "self",
  take: (mount: MountLine) => T | undefined,
  type = "",
): readonly T[] {
  const taken: T[] = [];
  for (const line of system.readLines(`/proc/${pid}/mountinfo`)) {
    const mount = line.includes(` - ${type}`) ? parseLine(line) : undefined;
    const one = mount && take(mount);
    if (one !== undefined) taken.push(one);
  }
  return taken;
}

/** A mount of a process, and where it is mounted. */
export interface TreeLine extends MountLine {
  /** The mount that it is mounted in. */
  readonly parent: number;
  /** Nothing can be written by way of the mount. */
  readonly isReadOnly: boolean;
}

/** All mounts of a process. */
export function readMountTree(system: System, pid: number): readonly TreeLine[] {
  return [...system.readLines(`/proc/${pid}/mountinfo`)].flatMap((line) => {
    const mount = parseLine(line);
    const [, parent, , , , flags = ""] = line.split(" ");
    return mount === undefined
      ? []
      : [{ ...mount, parent: Number(parent), isReadOnly: flags.split(",").includes("ro") }];
  });
}
