// Whether somebody who may write to directories could put something of theirs in a place of Coffer's own.
import { CofferError, quote } from "../../../errors.ts";
import type { MountLine } from "../../../host/mountinfo.ts";
import { readMountinfo } from "../../../host/mountinfo.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { groupWrites, othersWrite } from "../../../system/trust.ts";
import { askingOnce, wayTo } from "../real-path.ts";

const isWithin = (path: string, sources: readonly string[]): boolean =>
  sources.some((source) => isBeneath(path, source));

/** Whether the caller may give a name to something else. */
function mayReplace({ caller, stat }: System, path: string): boolean {
  const dir = optional(() => stat(joinPath(path.slice(0, path.lastIndexOf("/"))), { follow: false }));
  if (dir === undefined) return false;
  return caller.uid === 0 || dir.uid === caller.uid || (dir.mode & (groupWrites | othersWrite)) !== 0;
}

/** What of a file system is shown at a path. */
type View = Pick<MountLine, "device" | "root" | "point">;

/** What is at a path: the last of the mounts that are nearest above. */
function viewOf(mounts: readonly MountLine[], path: string): View | undefined {
  let nearest: MountLine | undefined;
  for (const mount of mounts)
    if (isBeneath(path, mount.point) && mount.point.length >= (nearest?.point.length ?? 0)) nearest = mount;
  return nearest && { ...nearest, root: joinPath(nearest.root, path.slice(nearest.point.length)), point: path };
}

/** Where else than at its own path a place is, in what may be written. */
function aliasOf(mounts: readonly MountLine[], place: string, sources: readonly string[]): string | undefined {
  const own = viewOf(mounts, place);
  if (own === undefined) return undefined;
  const inside = mounts.map(({ point }) => point).filter((point) => isWithin(point, sources));
  for (const at of [...sources, ...inside]) {
    const view = viewOf(mounts, at);
    if (view?.device !== own.device) continue;
    // Something of the place, by another path.
    if (isBeneath(view.root, own.root) && !isBeneath(at, place)) return at;
    if (!isBeneath(own.root, view.root)) continue;
    const path = joinPath(at, own.root.slice(view.root.length));
    const isShown = viewOf(mounts, path)?.root === own.root && viewOf(mounts, path)?.device === own.device;
    if (path !== place && isShown) return path;
  }
  return undefined;
}

/** The mounts above or beneath paths. */
function mountsAt(system: System, paths: readonly string[]): readonly MountLine[] {
  const isNear = ({ point }: MountLine): boolean => paths.some((one) => isBeneath(one, point) || isBeneath(point, one));
  return optional(() => readMountinfo(system, "self", (mount) => (isNear(mount) ? mount : undefined))) ?? [];
}

/** An error about a place that no sandbox may write, and that can be exchanged. */
export function refusePlace(place: string, why: string): CofferError {
  const hint = "name a directory that has no place of Coffer's in it, or let nothing be written there";
  const message = `cannot let ${quote(place)} be exchanged, which Coffer believes: ${why}`;
  return new CofferError("E_USAGE", message, { argument: "write" }, { hint });
}

/**
 * The places that are in directories that may be written: without links, there or not.
 *
 * @throws {CofferError} E_USAGE where a place could be exchanged, whatever is hidden: by a link on the way, or by a second path
 */
export function placesWithin(system: System, places: readonly string[], sources: readonly string[]): readonly string[] {
  if (sources.length === 0) return [];
  const asked = askingOnce(system, places);
  const ways = places.map((place) => ({ place, ...wayTo(asked, place) }));
  for (const { place, links } of ways) {
    const link = links.find((one) => isWithin(one, sources) && mayReplace(system, one));
    if (link !== undefined) throw refusePlace(place, `the link ${quote(link)} leads to it, and can be written`);
  }
  const ends = [...new Set(ways.map(({ end }) => end))];
  const mounts = mountsAt(system, [...ends, ...sources]);
  for (const place of ends) {
    const alias = aliasOf(mounts, place, sources);
    if (alias !== undefined)
      throw refusePlace(place, `${quote(alias)} is the same by another path, and can be written`);
  }
  return ends.filter((end) => isWithin(end, sources));
}
