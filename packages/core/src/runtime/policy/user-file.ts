import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPlace } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { linkOut, sayOut } from "../sandbox/seen.ts";

function writing<T>(what: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `cannot write ${what} ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, { path, errnoName: error.errno }, { cause: error });
  }
}

/** Holds the directory of a file that the caller named. An earlier sandbox of the tree does not say where that is. */
function holdOwnPlace(system: System, what: string, path: string): HeldPlace {
  const place = writing(what, path, () => system.holdPlace(path));
  const link = linkOut(system, place);
  if (link === undefined) return place;
  place.close();
  const message = `cannot write ${what} ${quote(path)}: ${sayOut(link, place.end)}`;
  throw new CofferError("E_IO", message, { path }, { hint: "name that path itself" });
}

/** Writes a file that the caller named, in the place of one that is there. A plan has what its config has: it is the caller's. */
export function writeUserFile(
  system: System,
  what: string,
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): void {
  const { at, close } = holdOwnPlace(system, what, path);
  try {
    writing(what, path, () => system.writeFile(at, content, { mode }));
  } finally {
    close();
  }
}

/** A file that the caller named, and that is written while a program runs, or when it has ended. */
export interface AwaitedFile {
  readonly path: string;
  /** A path in this process that leads to the file's place, whatever becomes of the directories on the way. */
  readonly at: string;
  /** In the place of one that is there, unless `exclusive`. */
  write(content: string, options?: { readonly mode?: number; readonly exclusive?: boolean }): void;
}

/**
 * Holds the directory of such a file: what the program makes of the directories on the way changes nothing.
 *
 * @throws {CofferError} E_IO
 */
export function awaitFile(system: System, what: string, file: string): AwaitedFile {
  const path = toAbsolute(system, file);
  const { at } = holdOwnPlace(system, what, path);
  const write: AwaitedFile["write"] = (content, options = { mode: 0o600 }) =>
    writing(what, path, () => system.writeFile(at, content, options));
  return { path, at, write };
}
