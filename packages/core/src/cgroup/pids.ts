import { CofferError } from "../errors.ts";
import type { CgroupPlace } from "../plan/index.ts";
import { readOr, SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { directoryOf, mainPlace, readCgroupFile } from "./files.ts";

/** Runs an action; undefined when the cgroup has gone. */
function whileThere<T>(action: () => T): T | undefined {
  return readOr(undefined, action, "ENOENT", "ENODEV");
}

function listBelow(system: System, directory: string): readonly string[] {
  const entries = whileThere(() => system.listTyped(directory)) ?? [];
  return entries.filter(({ kind }) => kind === "directory").map(({ name }) => `${directory}/${name}`);
}

function readPids(system: System, directory: string): readonly number[] {
  const lines = (readCgroupFile(system, directory, "cgroup.procs") ?? "").split("\n");
  // 0 stands for a process that this pid namespace does not have.
  return lines.filter((line) => line !== "" && line !== "0").map(Number);
}

/** How long cgroups are read: a container can make new ones faster than they are listed. */
const limitMs = 10_000;

function cannotList(top: string, why: string, cause?: unknown): CofferError {
  const message = `cannot list the processes in ${top}: the container has made ${why}`;
  return new CofferError("E_IO", message, { path: top }, { cause });
}

/** Reads the cgroups one after another, however many there are below each other. */
function collect(system: System, top: string): ReadonlySet<number> {
  const found = new Set<number>();
  const rest = [top];
  const end = system.elapsed() + limitMs;
  for (let directory = rest.pop(); directory !== undefined; directory = rest.pop()) {
    for (const pid of readPids(system, directory)) found.add(pid);
    for (const below of listBelow(system, directory)) rest.push(below);
    if (system.elapsed() > end) throw cannotList(top, "more cgroups than can be read in 10 s");
  }
  return found;
}

/**
 * The processes in a container's cgroup and those beneath it, by number. A container can give its cgroups paths that are
 * longer than the kernel takes from Node, or too many cgroups: then nothing is listed, rather than a part.
 *
 * @throws {CofferError} E_IO when a path is too long, or reading takes longer than 10 s
 */
export function listPids(system: System, places: readonly CgroupPlace[]): readonly number[] {
  const place = mainPlace(places);
  if (place === undefined) return [];
  const top = directoryOf(place);
  try {
    return [...collect(system, top)].toSorted((a, b) => a - b);
  } catch (cause) {
    if (!SystemError.is(cause, "ENAMETOOLONG")) throw cause;
    throw cannotList(top, "a cgroup whose path is too long to be read", cause);
  }
}
