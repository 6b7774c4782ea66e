// Where the standard streams of a process go: words, descriptors, and streams of the caller's.
import { CofferError } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { LaunchStreams, Stdio, System } from "../system/port.ts";
import type { ProcessRunOptions, StdioOption } from "./options.ts";

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether an object can be read from as a stream. */
export const isReadable = (value: unknown): value is NodeJS.ReadableStream =>
  isObject(value) && "pipe" in value && typeof value.pipe === "function" && "read" in value;

/** Whether an object can be written to as a stream. */
export const isWritable = (value: unknown): value is NodeJS.WritableStream =>
  isObject(value) && "write" in value && typeof value.write === "function" && "end" in value;

const isFd = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31;

/** The descriptor that an option is, or has. */
export function fdOf(option: unknown): number | undefined {
  if (isFd(option)) return option;
  return isObject(option) && "fd" in option && isFd(option.fd) ? option.fd : undefined;
}

/** The options about streams. */
type Streams = Pick<ProcessRunOptions, "stdin" | "stdout" | "stderr" | "input" | "tty">;
type Name = "stdin" | "stdout" | "stderr";

/** A directory is the way out for a process that has its descriptor (openat(2) with `..`). */
function checkFd(system: System, argument: Name, fd: number): number {
  const refuse = (why: string): never => {
    throw new CofferError("E_USAGE", `the option ${argument}: descriptor ${fd} ${why}`, { argument });
  };
  try {
    if (system.stat(`/proc/self/fd/${fd}`).kind === "directory") refuse("leads to a directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    refuse("is not open");
  }
  return fd;
}

function toOne(system: System, argument: Name, option: StdioOption | undefined, otherwise: Stdio): Stdio {
  if (option === undefined) return otherwise;
  if (option === "pipe" || option === "inherit" || option === "ignore") return option;
  const fd = fdOf(option);
  return fd === undefined ? "pipe" : checkFd(system, argument, fd);
}

/**
 * Where the standard streams of the launcher go.
 *
 * @throws {CofferError} E_USAGE
 */
export function toStdio(system: System, options: Streams): readonly [Stdio, Stdio, Stdio] {
  const { stdin, stdout, stderr, input, tty = false } = options;
  const hasInput = input !== undefined || tty !== false;
  if (input !== undefined && stdin !== undefined && stdin !== "pipe") {
    const what = typeof stdin === "string" ? stdin : "something else";
    throw new CofferError("E_USAGE", `input is for a pipe, and stdin is ${what}`, { argument: "stdin" });
  }
  return [
    toOne(system, "stdin", stdin, hasInput ? "pipe" : "ignore"),
    toOne(system, "stdout", stdout, "pipe"),
    toOne(system, "stderr", stderr, "pipe"),
  ];
}

const quiet = (): void => {};

/** Connects the streams of the caller's, and gives the process its input. */
export function connect(streams: LaunchStreams, { input, stdin, stdout, stderr }: Streams): void {
  // A process that ends without reading its input breaks the pipe: that is its right.
  streams.stdin?.on("error", quiet);
  if (input !== undefined) streams.stdin?.end(input);
  else if (streams.stdin !== undefined && isReadable(stdin)) stdin.pipe(streams.stdin);
  for (const [from, to] of [
    [streams.stdout, stdout],
    [streams.stderr, stderr],
  ] as const) {
    // The stream is the caller's, whose own output may go there as well.
    if (isWritable(to)) from?.on("error", quiet).pipe(to, { end: false });
  }
}
