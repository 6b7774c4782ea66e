import { readLog } from "../runtime/logs/read.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { logsKnown, readOptions } from "./check-options.ts";
import type { AsBytes, Output } from "./options.ts";
import { concat } from "./output.ts";

/** Options of `logs`. */
export interface LogsOptions {
  /** Goes on until the container has ended. Default: until what is there has been read. */
  readonly follow?: boolean | undefined;
  /** How many lines of what is there, the last ones. Default: all. */
  readonly tail?: number | undefined;
  /** What was written at that time or later. Default: all. */
  readonly since?: Date | undefined;
  /** Default: true. */
  readonly stdout?: boolean | undefined;
  /** Default: true. */
  readonly stderr?: boolean | undefined;
  /** `buffer`: lines are bytes. Default `utf8`: text. */
  readonly encoding?: "utf8" | undefined;
}

/** A line that a container has written, without its end. */
export interface LogLine<Written extends Output = string> {
  readonly stream: "stdout" | "stderr";
  /** When it was read, or the begin of it. */
  readonly time: Date;
  readonly line: Written;
}

/** Reads what a container has written, line by line. */
export interface Logs {
  (options?: LogsOptions): AsyncIterable<LogLine>;
  (options: AsBytes<LogsOptions>): AsyncIterable<LogLine<Uint8Array>>;
}

/** A longer line comes in pieces: a container may write one that never ends. */
const longestLine = 1024 * 1024;

interface Begun {
  time: Date;
  chunks: Uint8Array[];
  size: number;
}

async function* readLines(
  runtime: Runtime,
  id: string,
  options: LogsOptions,
): AsyncGenerator<LogLine<Uint8Array>, void> {
  const { follow, tail, since } = options;
  const begun = new Map<LogLine["stream"], Begun>();
  for await (const { stream, time, bytes, goesOn } of readLog(runtime, id, { follow, tail })) {
    if (options[stream] === false) continue;
    const line = begun.get(stream) ?? { time: new Date(Number(time) * 1000), chunks: [], size: 0 };
    begun.set(stream, line);
    line.chunks.push(bytes);
    line.size += bytes.length;
    if (goesOn && line.size < longestLine) continue;
    begun.delete(stream);
    if (since === undefined || line.time >= since)
      yield { stream, time: line.time, line: concat(line.chunks, line.size) };
  }
  for (const [stream, line] of begun)
    if (since === undefined || line.time >= since)
      yield { stream, time: line.time, line: concat(line.chunks, line.size) };
}

async function* readText(lines: AsyncIterable<LogLine<Uint8Array>>): AsyncGenerator<LogLine, void> {
  const decoder = new TextDecoder();
  for await (const { line, ...told } of lines) yield { ...told, line: decoder.decode(line) };
}

/** Reads the log of a container. */
export function logsOf(runtime: Runtime, id: string): Logs {
  function logs(options?: LogsOptions): AsyncIterable<LogLine>;
  function logs(options: AsBytes<LogsOptions>): AsyncIterable<LogLine<Uint8Array>>;
  function logs(given: LogsOptions | AsBytes<LogsOptions> = {}): AsyncIterable<LogLine<Output>> {
    const { encoding, ...options } = readOptions(given, logsKnown);
    const lines = readLines(runtime, id, options);
    return encoding === "buffer" ? lines : readText(lines);
  }
  return logs;
}
