// The terminal of a process whose caller shows it: its size, and the variable that says what it is.
import { CofferError } from "../errors.ts";
import { usualTerm } from "../runtime/sandbox/plan.ts";
import type { WindowSize } from "../system/port.ts";
import { isTerminalSize } from "./check-options.ts";
import type { ProcessRunOptions, TerminalSize } from "./options.ts";

const usual: TerminalSize = { columns: 80, rows: 24 };

/**
 * The size that a caller gives.
 *
 * @throws {CofferError} E_USAGE
 */
export function toWindow(size: unknown): WindowSize {
  if (isTerminalSize(size)) return { height: size.rows, width: size.columns };
  const message = "the size is not an object with columns and rows, from 1 to 65535";
  throw new CofferError("E_USAGE", message, { argument: "size" });
}

/** The size that the terminal begins with; undefined without one. */
export const windowOf = ({ tty = false }: Pick<ProcessRunOptions, "tty">): WindowSize | undefined =>
  tty === false ? undefined : toWindow(tty === true ? usual : tty);

/** The variable of a terminal. */
export const termOf = (window: WindowSize | undefined): Readonly<Record<string, string>> =>
  window === undefined ? {} : { TERM: usualTerm };
