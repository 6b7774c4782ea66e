import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

/** Writes a file that the caller named, in the place of one that is there. A plan has what its config has: it is the caller's. */
export function writeUserFile(
  system: System,
  what: string,
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): void {
  try {
    system.writeFile(path, content, { mode });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    throw new CofferError(
      "E_IO",
      `cannot write ${what} ${quote(path)}: ${error.reason ?? describeErrno(error.errno)}`,
      details,
      {
        cause: error,
      },
    );
  }
}
