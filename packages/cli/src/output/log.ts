// Errors as runc tells them: one line of the log file, of which engines read `msg`, and one on standard error.
import type { LogOptions } from "../parse/globals.ts";
import type { FaceName } from "../table/flag.ts";
import { toOneLine } from "./one-line.ts";
import { appendToLog } from "./write-errors.ts";

function toLogLine(level: "error" | "warning" | "debug", message: string, format: LogOptions["format"]): string {
  // RFC 3339 without fractions, like logrus.
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (format === "json") return `${JSON.stringify({ level, msg: message, time })}\n`;
  return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}\n`;
}

/** The causes of an error, and where it came from. */
function causesOf(error: unknown): string {
  const lines: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  for (; cause instanceof Error && lines.length < 16; cause = cause.cause)
    lines.push(`caused by: ${cause.name}: ${toOneLine(cause.message)}\n`);
  const stack = error instanceof Error && error.stack !== undefined ? error.stack.split("\n") : [];
  return [...lines, ...stack.map((line) => `${toOneLine(line)}\n`)].join("");
}

/** Makes the log file, if one is named: as with runc and crun it is there whatever becomes of the call. Where that cannot be, there is no log. */
export function openLog(face: FaceName, log: LogOptions): LogOptions {
  const failure = log.file === undefined ? "" : appendToLog(face, log.file, "");
  if (failure === "") return log;
  process.stderr.write(failure);
  return { ...log, file: undefined };
}

/** Writes an error to the log file, if there is one; gives what goes to standard error. */
export function logError(face: FaceName, error: unknown, { file, format, debug }: LogOptions): string {
  const message = toOneLine(error instanceof Error ? error.message : String(error));
  const line = toLogLine("error", message, format);
  const details = debug ? causesOf(error) : "";
  if (file === undefined && format === "json") return line + details;
  const failure = file === undefined ? "" : appendToLog(face, file, line);
  // As with runc and crun, whose callers put the name before it themselves.
  const isLogged = face === "coffer-oci" && file !== undefined && failure === "";
  return `${failure}${isLogged ? "" : `${face}: `}${message}\n${details}`;
}

/** The launcher has printed it on standard error. */
function isPrinted(warning: Error): boolean {
  return "code" in warning && warning.code === "E_LAUNCH_FAILED";
}

/** Writes a warning to the log file; without one to standard error. */
export function logWarning(face: FaceName, warning: Error, { file, format }: LogOptions): void {
  const message = toOneLine(warning.message);
  const line = toLogLine("warning", message, format);
  if (file !== undefined) process.stderr.write(appendToLog(face, file, line));
  else if (!isPrinted(warning)) process.stderr.write(format === "json" ? line : `${face}: warning: ${message}\n`);
}

/** Writes what happens to the log file, without one to standard error: for `--debug` alone. */
export function logDebug(face: FaceName, text: string, { file, format, debug }: LogOptions): void {
  if (!debug) return;
  const message = toOneLine(text);
  const line = toLogLine("debug", message, format);
  if (file !== undefined) process.stderr.write(appendToLog(face, file, line));
  else process.stderr.write(format === "json" ? line : `${face}: debug: ${message}\n`);
}
