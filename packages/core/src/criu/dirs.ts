// The directories of a checkpoint: opened once, checked, and given to CRIU as descriptors.
import { CofferError, quote } from "../errors.ts";
import { describeErrno } from "../system/errno.ts";
import { SystemError } from "../system/error.ts";
import type { Dir, WithSystem } from "../system/port.ts";
import { toAbsolute } from "../system/working-directory.ts";

const othersWrite = 0o022;
const sticky = 0o1000;

/** The directories of a checkpoint or restore. */
export interface CriuDirs {
  readonly images: Dir;
  /** Where logs and statistics go; the images' unless the caller names another. */
  readonly work: Dir | undefined;
  close(): void;
}

/** What the caller named. */
export interface CriuPaths {
  readonly imagePath?: string | undefined;
  readonly workPath?: string | undefined;
}

function ioError(what: string, path: string, error: unknown): unknown {
  if (!SystemError.is(error)) return error;
  const details = { path, errnoName: error.errno };
  const hint = error.errno === "ELOOP" || error.errno === "ENOTDIR" ? "it must be a directory, and no link to one" : "";
  const options = { ...(hint === "" ? {} : { hint }), cause: error };
  return new CofferError(
    "E_IO",
    `cannot open ${what} ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`,
    details,
    options,
  );
}

function open(runtime: WithSystem, what: string, path: string, make: boolean): Dir {
  try {
    if (make) runtime.system.makeDir(path, { parents: true });
    const place = runtime.system.holdPlace(path);
    try {
      return openThroughOwnLink(runtime, place.at);
    } finally {
      place.close();
    }
  } catch (error) {
    throw ioError(what, path, error);
  }
}

/**
 * Opens a directory, through a link if the link is the caller's own and nobody else can exchange it. Where others may write,
 * only a sticky directory keeps them from exchanging it. The bundles of containerd have such a link.
 */
function openThroughOwnLink(runtime: WithSystem, path: string): Dir {
  const { system } = runtime;
  const cut = path.lastIndexOf("/") + 1;
  const name = path.slice(cut);
  if (name === "" || system.stat(path, { follow: false }).kind !== "link") return system.openDir(path);
  const parent = system.openDir(`${path.slice(0, cut)}.`);
  try {
    const { kind, uid } = parent.stat(name);
    const isOwn = kind === "link" && uid === system.caller.uid;
    return isOwn && keepsNames(runtime, parent) ? parent.openDir(name) : system.openDir(path);
  } finally {
    parent.close();
  }
}

/** Whether nobody but the caller and root can give the caller's names in a directory to something else. */
function keepsNames({ system }: WithSystem, dir: Dir): boolean {
  const { uid, mode } = dir.stat(".");
  return (uid === system.caller.uid || uid === 0) && ((mode & othersWrite) === 0 || (mode & sticky) !== 0);
}

function refuse(path: string, found: string, hint: string): CofferError {
  return new CofferError("E_CHECKPOINT_REFUSED", `${quote(path)}: ${found}`, { path, found: [found] }, { hint });
}

/** Nobody else may change what is in the directory between a look at it and CRIU's use. */
function checkOwner({ system }: WithSystem, dir: Dir, path: string): void {
  const { uid, mode } = dir.stat(".");
  const hint = "name a directory of yours with mode 0700";
  if (uid !== system.caller.uid) throw refuse(path, `the directory belongs to user ${uid}`, hint);
  if ((mode & othersWrite) !== 0) throw refuse(path, "others may write to the directory", hint);
}

/** Opens the directories, which are the caller's. No link of another user leads to them. */
export function openDirs(runtime: WithSystem, { imagePath, workPath }: CriuPaths, make: boolean): CriuDirs {
  const path = toAbsolute(runtime.system, imagePath ?? "checkpoint");
  const images = open(runtime, "the checkpoint", path, make);
  let work: Dir | undefined;
  try {
    checkOwner(runtime, images, path);
    if (workPath !== undefined && workPath !== "") {
      const workAt = toAbsolute(runtime.system, workPath);
      work = open(runtime, "the work directory", workAt, true);
      checkOwner(runtime, work, workAt);
    }
  } catch (error) {
    images.close();
    work?.close();
    throw error;
  }
  return {
    images,
    work,
    close: () => {
      images.close();
      work?.close();
    },
  };
}

/** The root of a user namespace, whose processes read the images themselves, is another user of the host. */
export function checkReach(dir: Dir, hasUserNamespace: boolean): void {
  if (!hasUserNamespace || (dir.stat(".").mode & 0o001) !== 0) return;
  const found = "the root of the container's user namespace may not enter it";
  throw refuse(dir.path, found, `chmod 0711 ${quote(dir.path)}`);
}
