// What a verb does with the program that it runs.
import type { Runtime } from "@coffer/core";
import type { AwaitedFile, DeniedEvent, Exit, Running } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import type { Values } from "../parse/flags.ts";

/** What `--trace` asks for. */
export interface Tracing {
  /** Of a launch: whether the time of each op is wanted. */
  readonly options: { readonly trace: boolean };
  /** Where a timeline goes. */
  readonly file: AwaitedFile | undefined;
}

/** Reads `--trace`, before anything runs that could change the way to its file. */
export function openTrace({ system }: Runtime, values: Values): Tracing {
  const file = values.text("trace");
  const hasFile = file !== undefined && file !== "";
  return {
    options: { trace: file !== undefined },
    file: hasFile ? verbs.awaitFile(system, "the timeline", file) : undefined,
  };
}

/** What a sandbox has reached or was denied, and when by the system's clock. */
export interface TimedDenial {
  readonly text: string;
  readonly at: number;
}

/** Viewers of trace events draw what happens at a moment as something denied. */
const isDenied = ({ text }: DeniedEvent): boolean => /^(?:guess: )?denied: /.test(text);

/** Waits for the program, prints what `--trace` asked for, and gives the program's status. */
export async function finish(
  runtime: Runtime,
  running: Running,
  { options, file }: Tracing,
  form: "all" | "summary",
  onEnd: (exit: Exit) => Promise<void> = async () => {},
  denials: readonly TimedDenial[] = [],
): Promise<number> {
  const exit = await running.wait();
  const start = runtime.system.elapsed() - exit.durationMs;
  await onEnd(exit);
  const events = denials.map(({ text, at }): DeniedEvent => ({ text, afterMs: at - start }));
  if (file?.path.endsWith(".json")) verbs.writeTraceEvents(file, running, exit, events.filter(isDenied));
  else if (file !== undefined) verbs.writeTracePage(file, running, exit, events);
  else if (options.trace)
    process.stderr.write(form === "summary" ? verbs.printSummary(running, exit) : verbs.printTrace(running.plan, exit));
  return exit.status;
}

/** As timeout(1). */
const timedOut = 124;
/** How long a command may take to end when it was asked to. */
const graceMs = 5000;

/** Ends a program when its time is over: by TERM, then by KILL. */
export function endAfter(runtime: Runtime, running: Running, timeoutMs: number | undefined) {
  let isOver = false;
  const send = (signal: number): void => {
    isOver = true;
    verbs.signalRunning(runtime, running, signal).catch(() => running.launch.signal(9));
  };
  // The native front's timers pass nothing on.
  const sendAfter = (ms: number, signal: number) => setTimeout(() => send(signal), ms);
  const timers = timeoutMs === undefined ? [] : [sendAfter(timeoutMs, 15), sendAfter(timeoutMs + graceMs, 9)];
  return {
    /** The status to end with. A program that was ended here seldom says so itself. */
    statusOf: (status: number): number => {
      for (const timer of timers) clearTimeout(timer);
      if (!isOver || timeoutMs === undefined) return status;
      process.stderr.write(`coffer: the program was ended after ${timeoutMs / 1000} s (--timeout)\n`);
      return timedOut;
    },
  };
}
