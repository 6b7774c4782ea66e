import { appendToLog } from "./write-errors.ts";

/** How an error is to be told. */
export interface LogOptions {
  readonly file?: string | undefined;
  readonly format: "text" | "json";
  readonly debug: boolean;
}

// Error texts can hold names out of a config. None may move the cursor of a terminal or make a second log line.
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function toOneLine(text: string): string {
  return text
    .replaceAll("\n", " ")
    .replace(unprintable, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function causesOf(error: unknown): readonly string[] {
  const lines: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && lines.length < 16) {
    lines.push(`caused by: ${cause.name}: ${toOneLine(cause.message)}`);
    cause = cause.cause;
  }
  return lines;
}

function toLogLine(message: string, format: "text" | "json"): string {
  const time = new Date().toISOString();
  if (format === "json") return `${JSON.stringify({ level: "error", msg: message, time })}\n`;
  return `time=${JSON.stringify(time)} level=error msg=${JSON.stringify(message)}\n`;
}

/** Writes an error to the log file, if there is one, and gives back what goes to standard error. */
export function renderError(error: unknown, options: LogOptions): string {
  const message = toOneLine(messageOf(error));
  const line = toLogLine(message, options.format);
  const failure = options.file === undefined ? "" : appendToLog("coffer", options.file, line);
  if (options.format === "json" && options.file === undefined) return line;
  const stack = error instanceof Error && error.stack !== undefined ? [error.stack] : [];
  const details = options.debug ? [...causesOf(error), ...stack] : [];
  return `${failure}${[`coffer: ${message}`, ...details].join("\n")}\n`;
}
