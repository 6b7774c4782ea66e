// Which cgroups a further process is made in.
import { directoryOf, readCgroupFile } from "../../cgroup/files.ts";
import { CofferError, quote } from "../../errors.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import type { System } from "../../system/port.ts";

function usage(message: string): CofferError {
  return new CofferError("E_USAGE", message, { argument: "cgroup" });
}

/** Cgroups beneath the container's own, as `--cgroup [CONTROLLER:]PATH` names them. They have to be there. */
function subPlaces(places: readonly CgroupPlace[], asked: string): readonly CgroupPlace[] {
  const [, controller, path = ""] = /^(?:([^/:]+):)?(.*)$/.exec(asked) ?? [];
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw usage(`--cgroup ${asked} is not a sub cgroup path of the container`);
  const isMeant = ({ version, controllers }: CgroupPlace): boolean =>
    controller === undefined || (version === 1 && controllers.includes(controller));
  if (!places.some(isMeant)) throw usage(`--cgroup ${quote(asked)} names no cgroup that the container has`);
  return places.map((place) => (isMeant(place) ? { ...place, path: [place.path, ...names].join("/") } : place));
}

/** The cgroup of a process in the unified hierarchy, as this caller sees it. */
function unifiedPath(system: System, pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readCgroupFile(system, `/proc/${pid}`, "cgroup") ?? "")?.[1];
}

/**
 * A cgroup of version 2 that hands controllers down has no processes of its own. A container that has done so with its
 * own, as systemd does, has moved its first process further down: there is place for others.
 */
function belowInit(system: System, place: CgroupPlace, pid: number): CgroupPlace {
  const enabled = readCgroupFile(system, directoryOf(place), "cgroup.subtree_control")?.trim() ?? "";
  if (place.version === 1 || enabled === "") return place;
  const path = unifiedPath(system, pid);
  return path?.startsWith(`${place.path}/`) ? { ...place, path } : place;
}

/** The places of a process that joins a container. */
export function execPlaces(
  system: System,
  places: readonly CgroupPlace[],
  pid: number,
  asked: string | undefined,
): readonly CgroupPlace[] {
  if (asked !== undefined && asked !== "") return subPlaces(places, asked);
  return places.map((place) => belowInit(system, place, pid));
}
