import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";

function writing<T>(what: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `cannot write ${what} ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, { path, errnoName: error.errno }, { cause: error });
  }
}

/** Writes a file that the caller named, in the place of one that is there. A plan has what its config has: it is the caller's. */
export function writeUserFile(
  system: System,
  what: string,
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): void {
  writing(what, path, () => system.writeFile(path, content, { mode }));
}

/** A file that the caller named, and that is written when a program has ended. */
export interface AwaitedFile {
  readonly path: string;
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
  const { at } = writing(what, path, () => system.holdPlace(path));
  const write: AwaitedFile["write"] = (content, options = { mode: 0o600 }) =>
    writing(what, path, () => system.writeFile(at, content, options));
  return { path, write };
}
