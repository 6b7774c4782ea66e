// Errors as runc tells them: one line of the log file, of which engines read `msg`, and one on standard error.
import { appendToLog } from "../write-errors.ts";
import type { LogOptions } from "./globals.ts";

// Error texts can hold names out of a config. None may move the cursor of a terminal or make a second log line.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function toOneLine(text: string): string {
  return text
    .replaceAll("\n", " ")
    .replace(unprintable, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function toLogLine(level: "error" | "warning", message: string, format: LogOptions["format"]): string {
  // RFC 3339 without fractions, as logrus has it.
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (format === "json") return `${JSON.stringify({ level, msg: message, time })}\n`;
  return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}\n`;
}

function causesOf(error: unknown): string {
  const lines: string[] = [];
  for (let one = error; one instanceof Error && lines.length < 16; one = one.cause) {
    lines.push(`${toOneLine(one.stack ?? one.message)}\n`);
  }
  return lines.join("");
}

/** Writes an error to the log file, if there is one; gives what goes to standard error. */
export function logError(error: unknown, { file, format, debug }: LogOptions): string {
  const message = toOneLine(error instanceof Error ? error.message : String(error));
  const line = toLogLine("error", message, format);
  const details = debug ? causesOf(error) : "";
  if (file === undefined && format === "json") return line + details;
  const failure = file === undefined ? "" : appendToLog("coffer-oci", file, line);
  return `${failure}coffer-oci: ${message}\n${details}`;
}

/** Writes to the log file, if there is one, what was passed over: the launcher itself has told it on standard error. */
export function logWarning(warning: Error, { file, format }: LogOptions): void {
  if (file === undefined) return;
  process.stderr.write(appendToLog("coffer-oci", file, toLogLine("warning", toOneLine(warning.message), format)));
}
