// What a container has written. A program of a container is a stranger: what it writes does nothing to a terminal.

import { isatty } from "node:tty";
import type { LogRecord } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import { onRuntime } from "./call.ts";

/** Seconds since 1970 with nanoseconds, as RFC 3339 has them. */
function toRfc3339(time: string): string {
  const [seconds = "", nanoseconds = ""] = time.split(".");
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length)}.${nanoseconds}Z`;
}

/** One of the standard outputs, for a stream of the container. */
function makePrinter(out: NodeJS.WriteStream, isTerminal: boolean, hasTimes: boolean): (record: LogRecord) => void {
  let isWithin = false;
  return ({ time, bytes, goesOn }) => {
    if (hasTimes && !isWithin) out.write(`${toRfc3339(time)} `);
    isWithin = goesOn;
    out.write(isTerminal ? verbs.showBytes(bytes) : bytes);
    if (!goesOn) out.write("\n");
  };
}

export const logs = onRuntime(async (runtime, { id, values }) => {
  const hasTimes = values.boolean("timestamps");
  const stdout = makePrinter(process.stdout, isatty(1), hasTimes);
  const stderr = makePrinter(process.stderr, isatty(2), hasTimes);
  const options = { follow: values.boolean("follow"), tail: values.number("tail") };
  for await (const record of verbs.readLog(runtime, id, options))
    (record.stream === "stdout" ? stdout : stderr)(record);
  return 0;
});
