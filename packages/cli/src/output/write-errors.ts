// What is said when standard output or the log cannot be written: a line, as of every other error.
import { CofferError } from "@coffer/core";
import { appendFile } from "@coffer/core/output";
import { toOneLine } from "./one-line.ts";

/** The words of Node's message: without the name before and the call after them. */
export function whyOf(error: unknown): string {
  if (error instanceof Error && "reason" in error && typeof error.reason === "string") return error.reason;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

/** Makes of what cannot be written an exit with status 1. Who reads may go away before the end: that is no error. */
export function watchOutput(program: string): void {
  process.stdout.prependListener("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`${program}: cannot write to standard output: ${whyOf(error)}\n`);
    process.exit(1);
  });
}

/** Appends to the log; gives what goes to standard error when that cannot be. */
export function appendToLog(program: string, file: string, line: string): string {
  try {
    appendFile(file, line);
    return "";
  } catch (error) {
    return `${toOneLine(`${program}: cannot write the log ${JSON.stringify(file)}: ${whyOf(error)}`)}\n`;
  }
}

/** The error about a file that a flag names. */
export function cannotWrite(what: string, path: string, error: unknown): CofferError {
  const message = `cannot write the ${what} ${JSON.stringify(path)}: ${whyOf(error)}`;
  return new CofferError("E_IO", message, { path }, { cause: error });
}
