// Reading the files of a container's cgroups. What is changed is changed by host plans.
import type { CgroupPlace } from "../plan/index.ts";
import { readOr, SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";

const limit = 16 * 1024 * 1024;

/** The directory of a cgroup. */
export function directoryOf({ mount, path }: CgroupPlace): string {
  return `${mount}${path}`;
}

/** Reads a file of a cgroup; undefined when it, or the cgroup, is not there. */
export function readCgroupFile(system: System, directory: string, file: string): string | undefined {
  // ENODEV: the cgroup has just gone; EOPNOTSUPP: a threaded one, whose processes are listed above it, or a device
  // that the kernel counts nothing for.
  return readOr(
    undefined,
    () => system.readText(`${directory}/${file}`, limit),
    "ENOENT",
    "ENODEV",
    "EOPNOTSUPP",
    "ENOTSUP",
  );
}

/** Reads a file with a single number: undefined if the file is missing, or says `max`. */
export function readNumber(system: System, directory: string, file: string): bigint | undefined {
  const text = readCgroupFile(system, directory, file)?.trim() ?? "";
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/** Reads lines `name number`. */
export function readTable(system: System, directory: string, file: string): ReadonlyMap<string, bigint> {
  const lines = (readCgroupFile(system, directory, file) ?? "").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const match = /^(\S+) (\d+)$/.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], BigInt(match[2])] as const];
    }),
  );
}

/** The place that stands for the container: every process of it is there. */
export function mainPlace(places: readonly CgroupPlace[]): CgroupPlace | undefined {
  return places.find(({ version }) => version === 2) ?? places[0];
}

/** The place that can stop the container's processes. */
export function freezerPlace(places: readonly CgroupPlace[]): CgroupPlace | undefined {
  return (
    places.find(({ version }) => version === 2) ?? places.find(({ controllers }) => controllers.includes("freezer"))
  );
}

/**
 * True if the container's processes are stopped. A container with the caller's own user and a writable cgroup can take away
 * the right to read this. Such a container counts as not paused, because nothing else may depend on its cgroup.
 */
export function isPaused(system: System, places: readonly CgroupPlace[]): boolean {
  const place = freezerPlace(places);
  if (place === undefined) return false;
  const directory = directoryOf(place);
  try {
    if (place.version === 1) return readCgroupFile(system, directory, "freezer.state")?.trim() === "FROZEN";
    return readTable(system, directory, "cgroup.events").get("frozen") === 1n;
  } catch (error) {
    if (SystemError.is(error, "EACCES")) return false;
    throw error;
  }
}
