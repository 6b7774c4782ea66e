// What of a checkpoint's images decides over rights: namespaces, mounts, credentials, filters, files that CRIU makes by
// path. The rest is the processes' own.
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { Dir, System } from "../../system/port.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readRemaps, toFile } from "./files.ts";
import { ImageError } from "./image-error.ts";
import type { ReadImage } from "./image-file.ts";
import { only, readEntries, readFirst } from "./image-file.ts";
import { toMount } from "./mounts.ts";
import { archiveDevice, checkNames, ghostName } from "./names.ts";
import type { Message } from "./protobuf.ts";
import { messageOf, uint32Of } from "./protobuf.ts";
import type { TarEntry } from "./tar.ts";
import { readTar } from "./tar.ts";
import { namespacesOf, toFilters, toIdmap, toTask } from "./tasks.ts";

export type { Checkpoint, ImageCreds, ImageFile, ImageMount, ImageRemap, ImageTask } from "./checkpoint.ts";
export { fileTypes, rawSocket } from "./files.ts";
export { isPlainPath } from "./mounts.ts";
export type { TarEntry } from "./tar.ts";
export { unsetId } from "./tasks.ts";

const maxImage = 64 * 1024 * 1024;
const maxArchive = 256 * 1024 * 1024;
const imageVersion = 2;
/** Of enum fstype. */
const tmpfs = 5;

/** Says which file an error is of. */
function within<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ImageError ? new ImageError(`${name}: ${error.message}`) : error;
  }
}

/** The content of each tmpfs that is mounted; CRIU opens no other archive. */
function readArchives(
  system: System,
  dir: Dir,
  names: readonly string[],
  mounts: Checkpoint["mounts"],
): ReadonlyMap<number, readonly TarEntry[]> {
  const devices = new Set(mounts.filter(({ type }) => type === tmpfs).map(({ device }) => device));
  const archives = new Map<number, readonly TarEntry[]>();
  for (const name of names) {
    const device = archiveDevice(name);
    if (device === undefined || !devices.has(device)) continue;
    const bytes = system.gunzip(dir.readBytes(name, maxArchive), maxArchive);
    archives.set(
      device,
      within(name, () => readTar(bytes)),
    );
  }
  return archives;
}

/** The namespaces and the security module of whoever made the checkpoint. */
function readHost(image: ReadImage): Pick<Checkpoint, "hostNamespaces" | "lsm"> {
  const inventory = only("inventory.img", image("inventory.img"));
  const ids = messageOf(inventory, 3);
  if (uint32Of(inventory, 1) !== imageVersion || ids === undefined)
    throw new ImageError("inventory.img: it is of a version that is not known");
  return { hostNamespaces: namespacesOf(ids), lsm: uint32Of(inventory, 6) };
}

function read(system: System, dir: Dir): Checkpoint {
  const names = dir.list();
  checkNames(names);
  const image: ReadImage = (name) =>
    within(name, () => readEntries(dir.readBytes(name, maxImage), name === "inventory.img"));
  const some = (name: string): readonly Message[] => (names.includes(name) ? image(name) : []);
  const ghost = (id: number): Message => {
    const name = ghostName(id);
    return within(name, () => readFirst(dir.readBytes(name, maxArchive)));
  };
  // First: it has the version that all others are read by.
  const host = readHost(image);
  const files = image("files.img");
  const tasks = image("pstree.img").map((entry) => toTask(image, entry));
  // As CRIU does: an earlier checkpoint in the same directory has left images of other namespaces there.
  const inUse = (prefix: string, type: string): readonly Message[] =>
    [...new Set(tasks.map(({ namespaces }) => `${prefix}-${namespaces.get(type)}.img`))].flatMap(some);
  const mounts = inUse("mountpoints", "mount").map(toMount);
  return {
    ...host,
    tasks,
    mounts,
    filters: names.includes("seccomp.img") ? toFilters(only("seccomp.img", image("seccomp.img"))) : [],
    idmaps: inUse("userns", "user").map(toIdmap),
    files: files.map(toFile),
    remaps: readRemaps(files, some("remap-fpath.img"), ghost),
    archives: readArchives(system, dir, names, mounts),
  };
}

/**
 * Reads a checkpoint.
 *
 * @throws {CofferError} E_CHECKPOINT_REFUSED
 */
export function readCheckpoint(system: System, dir: Dir): Checkpoint {
  try {
    return read(system, dir);
  } catch (error) {
    if (!(error instanceof ImageError) && !SystemError.is(error)) throw error;
    const found = error instanceof ImageError ? error.message : `${error.path}: ${describeErrno(error.errno)}`;
    const details = { path: dir.path, found: [found] };
    const message = `cannot read the checkpoint ${quote(dir.path)}: ${found}`;
    throw new CofferError("E_CHECKPOINT_REFUSED", message, details, { cause: error });
  }
}
