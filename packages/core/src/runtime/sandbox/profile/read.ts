// How files of settings are read: as the caller's word, as settings that give rights, or as the work of others.
import { CofferError, quote } from "../../../errors.ts";
import { baseName, isBeneath, joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { SystemError } from "../../../system/error.ts";
import type { FileStat, System } from "../../../system/port.ts";
import { whyUntrusted } from "../../../system/trust.ts";

const maxFile = 256 * 1024;

/** Reads the text of a file. */
export type ReadText = (path: string) => string;

export const dirOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

export const usage = (message: string, hint: string): CofferError =>
  new CofferError("E_USAGE", message, { argument: "profile" }, { hint });

/** Says which file an error is about. */
function about<T>(path: string, read: () => T, hint?: string): T {
  try {
    return read();
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    const why = describeErrno(error.errno);
    const more = { cause: error, ...(hint === undefined ? {} : { hint }) };
    throw new CofferError("E_IO", `cannot read the profile ${quote(path)}: ${why}`, details, more);
  }
}

/** What a name is; undefined only where there is nothing of that name. */
export function statOf(system: System, path: string): FileStat | undefined {
  return about(path, () => system.findStat(path, { follow: false }), "make it readable, or give --no-settings");
}

/** Reads what the caller has named: a pipe as well. */
export const readNamed = (system: System): ReadText => {
  return (path) => about(path, () => system.readNamedText(path, maxFile));
};

const notUsed = (path: string, why: string): CofferError =>
  usage(`the settings ${quote(path)} are not used: ${why}`, "make it a file of yours that only you can write");

/** Reads settings that give rights: they are believed only if nobody but these owners could have written them. */
export function readTrusted(system: System, owners: readonly number[]): ReadText {
  return (path) =>
    about(path, () => {
      const dir = system.holdDir(dirOf(path), {
        passes: (passed) => {
          const why = whyUntrusted(system, passed.stat);
          if (why !== undefined) throw notUsed(path, `${quote(passed.path)}: ${why}`);
        },
      });
      const at = joinPath(dir.at, baseName(path));
      const stat = system.stat(at, { follow: false });
      if (stat.kind !== "file") throw notUsed(path, `it is a ${stat.kind}`);
      if (!owners.includes(stat.uid)) throw notUsed(path, `it belongs to user ${stat.uid}`);
      // The sticky bit protects names in a directory. It means nothing on a file.
      const why = whyUntrusted(system, { ...stat, mode: stat.mode & 0o777 });
      if (why !== undefined) throw notUsed(path, why);
      return system.readNamedText(at, maxFile);
    });
}

/** A project's file asks for what its caller grants: whoever else could write it must not ask. */
function refuseOthers(system: System, path: string, stat: FileStat): void {
  const why = whyUntrusted(system, stat);
  if (why === undefined) return;
  const hint = "make it yours, name the file by --profile, or give --no-settings";
  throw usage(`the settings of the project are not used: ${quote(path)}: ${why}`, hint);
}

/**
 * Reads files that a project names: regular ones in the directory, also by what links lead to. The caller may be able to read
 * others, which are nothing to the project. Nobody but the caller and root may be able to write them or to give their names to
 * others. What is judged is what is read: the directory and each file are open.
 */
export function readWithin(system: System, dir: string): ReadText {
  return (path) =>
    about(path, () => {
      const parent = system.openPath(dir, dir, "directory");
      try {
        refuseOthers(system, dir, system.stat(parent.at));
      } finally {
        parent.close();
      }
      const held = system.openPath(path, path, "any");
      try {
        const stat = system.stat(held.at);
        const isFile = stat.kind === "file";
        // The sticky bit means nothing on a file.
        if (isFile) refuseOthers(system, path, { ...stat, mode: stat.mode & 0o777 });
        if (isFile && isBeneath(held.path, dir)) return system.readNamedText(held.at, maxFile);
      } finally {
        held.close();
      }
      throw usage(`${quote(path)} is no file in ${quote(dir)}`, "make it one, or give --no-settings");
    });
}
