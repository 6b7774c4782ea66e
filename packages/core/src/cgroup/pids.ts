import type { CgroupPlace } from "../plan/options.ts";
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { directoryOf, mainPlace, readCgroupFile } from "./files.ts";

/** A container can nest its cgroups as deep as the kernel lets it; we follow as far as no path gets too long. */
const maxDepth = 64;

function listBelow(system: System, directory: string): readonly string[] {
  try {
    const names = system.listDir(directory);
    return names.filter((name) => system.stat(`${directory}/${name}`, { follow: false }).kind === "directory");
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENODEV")) return [];
    throw error;
  }
}

function collect(system: System, directory: string, depth: number, found: Set<number>): void {
  const lines = (readCgroupFile(system, directory, "cgroup.procs") ?? "").split("\n");
  // 0 stands for a process that this pid namespace does not have.
  for (const line of lines) if (line !== "" && line !== "0") found.add(Number(line));
  if (depth === 0) return;
  for (const name of listBelow(system, directory)) collect(system, `${directory}/${name}`, depth - 1, found);
}

/** The processes in a container's cgroup and those beneath it, by number. */
export function listPids(system: System, places: readonly CgroupPlace[]): readonly number[] {
  const place = mainPlace(places);
  const found = new Set<number>();
  if (place !== undefined) collect(system, directoryOf(place), maxDepth, found);
  return [...found].toSorted((a, b) => a - b);
}
