// The standard streams of a container: what they are called in the images, so that a restore can give others.
import { parseJson } from "@coffer/spec";
import { CofferError, quote } from "../errors.ts";
import type { MountLine } from "../host/mountinfo.ts";
import { SystemError } from "../system/error.ts";
import type { Dir, System } from "../system/port.ts";
import { decodeText } from "../wire/utf8.ts";

const fileName = "descriptors.json";
const maxSize = 65536;
/** What CRIU takes for the name of a descriptor that is replaced. */
const replaced = /^(?:pipe:\[\d+\]|socket:\[\d+\]|file\[[0-9a-f]+:[0-9a-f]+\])$/;

/** Whether it is CRIU's name for a file of the host, in whose place the caller's stream comes. */
export const isHostFile = (name: string): boolean => name.startsWith("file[") && replaced.test(name);

function mountIdOf(system: System, pid: number, fd: number): number | undefined {
  const found = /^mnt_id:\s+(\d+)$/m.exec(system.readText(`/proc/${pid}/fdinfo/${fd}`, maxSize))?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * Names the standard streams of a process as `descriptors.json` (runc's) has them. A file of the host gets the name that
 * CRIU gives files of others: `file[mount:inode]`.
 */
export function nameStreams(system: System, pid: number, mounts: readonly MountLine[]): readonly string[] {
  const own = new Set(mounts.map(({ id }) => id));
  return [0, 1, 2].map((fd) => {
    const path = `/proc/${pid}/fd/${fd}`;
    try {
      const link = system.readLink(path);
      const mount = link.startsWith("/") ? mountIdOf(system, pid, fd) : undefined;
      if (mount === undefined || own.has(mount)) return link;
      return `file[${mount.toString(16)}:${system.stat(path).inode.toString(16)}]`;
    } catch (error) {
      if (SystemError.is(error, "ENOENT")) return "";
      throw error;
    }
  });
}

/** Those of the names that are files of the host. */
export function externalFiles(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name) => name.startsWith("file[")))];
}

/** Writes the names into the images. */
export function writeStreams(dir: Dir, names: readonly string[]): void {
  dir.writeFile(fileName, JSON.stringify(names));
}

/** Reads the names back: undefined for a stream that is not replaced. They name no more than one of the caller's streams each. */
export function readStreams(dir: Dir): readonly (string | undefined)[] {
  const path = `${dir.path}/${fileName}`;
  try {
    const value = parseJson(decodeText(dir.readBytes(fileName, maxSize)));
    if (!Array.isArray(value)) throw new TypeError("no list");
    return [0, 1, 2].map((fd) => {
      const name: unknown = value[fd];
      return typeof name === "string" && replaced.test(name) ? name : undefined;
    });
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) {
      const found = `${fileName} is missing: it is no checkpoint, or its dump failed`;
      throw new CofferError("E_CHECKPOINT_REFUSED", `${quote(dir.path)}: ${found}`, { path, found: [found] });
    }
    const found = `${fileName} cannot be read`;
    throw new CofferError(
      "E_CHECKPOINT_REFUSED",
      `${quote(path)}: ${found}`,
      { path, found: [found] },
      { cause: error },
    );
  }
}
