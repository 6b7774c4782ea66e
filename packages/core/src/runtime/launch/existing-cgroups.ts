// Engines may make the cgroup that a config names before the container: an empty one is taken, as by runc and crun.
import { directoryOf, isPaused } from "../../cgroup/files.ts";
import { listPids } from "../../cgroup/pids.ts";
import { CofferError, configInvalid, quote } from "../../errors.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { readOr, SystemError } from "../../system/error.ts";
import type { Lock } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { defaultRoot } from "../runtime.ts";
import type { ContainerRecord } from "../store/record.ts";
import { ensureRoot } from "../store/state-root.ts";
import { listIds, readRecord } from "../store/store.ts";

const pointer = "/linux/cgroupsPath";

function isThere({ system }: Runtime, place: CgroupPlace): boolean {
  return readOr(
    false,
    () => system.stat(directoryOf(place), { follow: false }).kind === "directory",
    "ENOENT",
    "ENODEV",
  );
}

function recordOrNone(runtime: Runtime, id: string): ContainerRecord | undefined {
  try {
    return readRecord(runtime, id);
  } catch (error) {
    if (CofferError.is(error, "E_CONTAINER_NOT_FOUND") || CofferError.is(error, "E_STATE_CORRUPT")) return undefined;
    throw error;
  }
}

/** A container that has stopped still has its cgroup: removing it would end whoever had taken that. */
function ownerOf(runtime: Runtime, place: CgroupPlace): string | undefined {
  const directory = directoryOf(place);
  return listIds(runtime).find((id) =>
    recordOrNone(runtime, id)?.cgroups.some((other) => directoryOf(other) === directory),
  );
}

function whyNot(runtime: Runtime, place: CgroupPlace): string | undefined {
  const count = listPids(runtime.system, [place]).length;
  if (count > 0) return `container's cgroup is not empty: ${count} process(es) found`;
  if (isPaused(runtime.system, [place])) return "container's cgroup unexpectedly frozen";
  const owner = ownerOf(runtime, place);
  return owner === undefined ? undefined : `container ${owner} has that cgroup: delete it, or name another`;
}

function checkFree(runtime: Runtime, places: readonly CgroupPlace[]): void {
  for (const place of places) {
    const reason = whyNot(runtime, place);
    if (reason === undefined) continue;
    const message = `${quote(directoryOf(place))} cannot be taken: ${reason}`;
    throw configInvalid("config", [{ pointer, message }]);
  }
}

/**
 * Those of the cgroups that are there already. `delete` removes them like those that were made.
 *
 * @throws {CofferError} E_CONFIG_INVALID when one has processes, is frozen, or is another container's
 */
export function findExistingCgroups(runtime: Runtime, places: readonly CgroupPlace[]): readonly CgroupPlace[] {
  // A scope is made by systemd, which refuses one that is there.
  const there = places.filter((place) => place.unit === undefined && isThere(runtime, place));
  checkFree(runtime, there);
  return there;
}

const timeoutMs = 10_000;

/** So few that what they leave is nothing, and so many that few containers wait for each other. */
const lockFiles = 64;

/** The lock of a cgroup: files of our own, as others may lock what they may read, and anybody may read a cgroup's files. */
function lockName({ system }: Runtime, place: CgroupPlace): string {
  const digest = system.digest(new TextEncoder().encode(directoryOf(place)));
  return `.cgroups-${Number.parseInt(digest.slice(0, 8), 16) % lockFiles}`;
}

/** The directory of the locks: one for all runtimes of the caller, whatever their state directories. */
function lockDir(runtime: Runtime): string {
  try {
    return ensureRoot({ ...runtime, root: defaultRoot(runtime.system) }).at;
  } catch (error) {
    if (!CofferError.is(error, "E_IO")) throw error;
    return ensureRoot(runtime).at;
  }
}

async function lockOne({ system }: Runtime, path: string, places: readonly CgroupPlace[]): Promise<Lock> {
  const directories = places.map((place) => quote(directoryOf(place))).join(", ");
  try {
    const lock = await system.lock(path, timeoutMs);
    if (lock !== undefined) return lock;
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `${directories} cannot be taken: ${describeErrno(error.errno)}`;
    throw configInvalid("config", [{ pointer, message }], { cause: error });
  }
  const hint = "another container is being made in it: try again, or name another";
  throw new CofferError("E_TIMEOUT", `cgroup ${directories} is busy`, { timeoutMs }, { hint });
}

/**
 * Keeps every other runtime, whatever its state directory, out of existing cgroups until `release`. A runtime that looked
 * when they were still empty would put its container into them too, and the end of either would end both. The locks are
 * taken in one order, so that no two runtimes wait for each other.
 *
 * @throws {CofferError} E_CONFIG_INVALID when one is not free any more; E_TIMEOUT
 */
export async function holdCgroups(runtime: Runtime, places: readonly CgroupPlace[]): Promise<Pick<Lock, "release">> {
  const locks: Lock[] = [];
  const release = (): void => {
    for (const lock of locks) lock.release();
  };
  try {
    const names = [...new Set(places.map((place) => lockName(runtime, place)))].toSorted();
    const dir = names.length === 0 ? "" : lockDir(runtime);
    for (const name of names) locks.push(await lockOne(runtime, `${dir}/${name}`, places));
    checkFree(runtime, places);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}
