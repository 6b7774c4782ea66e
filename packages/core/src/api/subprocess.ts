// A running process as callers hold it: a promise of its result, and a handle while it runs.
import { CofferError } from "../errors.ts";
import type { Running } from "../runtime/launch/container.ts";
import { signalRunning } from "../runtime/launch/signal-running.ts";
import { openRuntime } from "../runtime/open.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { LaunchStreams, Stdio } from "../system/port.ts";
import { parseSignal, signalNumbers } from "../system/signals.ts";
import type { Bound } from "./bound.ts";
import { isGivenUp, makeBound } from "./bound.ts";
import type { Known } from "./check-options.ts";
import { readOptions } from "./check-options.ts";
import type { ProcessRunOptions, RunResult, SourceOptions } from "./options.ts";
import { collect } from "./output.ts";
import type { Ending } from "./result.ts";
import { follow, neverRan } from "./result.ts";

/** The streams and the identity of a process that has begun. */
export interface Started extends LaunchStreams {
  readonly id: string;
  /** As the host has it. */
  readonly pid: number;
}

/** A process: await it for its result. */
export interface Subprocess extends Promise<RunResult> {
  /** Settles when the program runs; rejects when it could not be made to, or when the call was ended before. */
  readonly started: Promise<Started>;
  /** The promise that this is, without the rest. */
  readonly result: Promise<RunResult>;
  /** Sends a signal to the process, `TERM` unless said. Whether it got it: not when it has ended. */
  kill(signal?: string | number): Promise<boolean>;
}

const defaultMaxBuffer = 100_000_000;

function inputStdio({ stdin, input }: ProcessRunOptions): Stdio {
  if (input === undefined) return stdin ?? "ignore";
  if (stdin === undefined || stdin === "pipe") return "pipe";
  throw new CofferError("E_USAGE", `input is for a pipe, and stdin is ${stdin}`, { argument: "stdin" });
}

/** Where the standard streams of the launcher go. */
export function toStdio(options: ProcessRunOptions): readonly [Stdio, Stdio, Stdio] {
  return [inputStdio(options), options.stdout ?? "pipe", options.stderr ?? "pipe"];
}

function feed(stream: LaunchStreams["stdin"], input: ProcessRunOptions["input"]): void {
  // A process that ends without reading its input breaks the pipe: that is its right.
  stream?.on("error", () => {});
  if (input !== undefined) stream?.end(input);
}

/** Kills a process that can have ended already. When that cannot be told, the launcher goes, and its end is an error. */
async function killSurely(runtime: Runtime, running: Running): Promise<void> {
  try {
    await signalRunning(runtime, running, signalNumbers.KILL);
  } catch {
    running.launch.signal(signalNumbers.KILL);
  }
}

/** What every call that makes a process takes. */
export type CallOptions = ProcessRunOptions & Pick<SourceOptions, "runtime">;

/** How a handle is made. */
export interface Making<T extends CallOptions> {
  /** The runtime of what is called; else the options name it. */
  readonly runtime?: Runtime;
  /** The options that the call knows. */
  readonly known: Known;
  /** What the process has started can outlive it, and hold its streams open. */
  readonly canBeOutlived: boolean;
  readonly id: (runtime: Runtime, options: T) => string;
  readonly launch: (runtime: Runtime, options: T, how: Launching) => Promise<Running>;
}

/** What a launch has to be told besides the options of the call. */
export interface Launching {
  readonly id: string;
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  /** Is aborted when the call is to end, also while its program does not run yet. */
  readonly cancel: AbortSignal;
}

/** The runtime that the options name, or the default one. */
export function runtimeOf(options: Pick<SourceOptions, "runtime">): Runtime {
  return options.runtime ?? openRuntime();
}

/** Kills the process when the bound ends the call. What it gives ends the call at once. */
function watch(running: Promise<Running>, runtime: Runtime, { signal }: Bound) {
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const end = (): void => {
    ask();
    // A launch that fails tells so by its result.
    void running.then((one) => killSurely(runtime, one)).catch(() => {});
  };
  signal.addEventListener("abort", end, { once: true });
  return { end, asked };
}

type Parts = Pick<Subprocess, "result" | "started" | "kill">;

/** A promise of the result with the rest of a handle. A caller that looks at `started` learns of a failed launch there. */
function toHandle({ result, started, kill }: Parts): Subprocess {
  started.catch(() => {});
  const look = (): Promise<Started> => {
    started.catch(() => result.catch(() => {}));
    return started;
  };
  return Object.defineProperty(Object.assign(result, { result, started, kill }), "started", { get: look });
}

function begin<T extends CallOptions>(options: T, making: Making<T>): Parts {
  const began = performance.now();
  const runtime = making.runtime ?? runtimeOf(options);
  const id = making.id(runtime, options);
  const bound = makeBound(options);
  let full = false;
  const ending = (): Ending => ({ timedOut: bound.isTimedOut(), canceled: bound.isCanceled(), full });
  const running = Promise.resolve().then(() => {
    options.signal?.throwIfAborted();
    return making.launch(runtime, options, { id, stdio: toStdio(options), cancel: bound.signal });
  });
  const { end, asked } = watch(running, runtime, bound);
  const onFull = (): void => {
    full = true;
    end();
  };
  const limits = { keep: options.buffer ?? true, maxBuffer: options.maxBuffer ?? defaultMaxBuffer, onFull };
  const go = (one: Running): Promise<RunResult> => {
    const { stdin, stdout, stderr } = one.launch;
    feed(stdin, options.input);
    const outputs = [collect(stdout, limits), collect(stderr, limits)] as const;
    return follow(one, outputs, ending, making.canBeOutlived ? asked : undefined);
  };
  const giveUp = (error: unknown): RunResult => {
    if (!isGivenUp(bound, error)) throw error;
    return neverRan(id, performance.now() - began, ending());
  };
  const told = ({ process, launch: { stdin, stdout, stderr } }: Running): Started => {
    return { id, pid: process.pid, stdin, stdout, stderr };
  };
  return {
    result: running.then(go, giveUp).finally(bound.stop),
    started: running.then(told).catch((error: unknown) => {
      throw isGivenUp(bound, error) ? bound.signal.reason : error;
    }),
    kill: async (signal = "TERM") => signalRunning(runtime, await running, parseSignal(String(signal))),
  };
}

function refused(error: unknown): Parts {
  const failed = Promise.reject(error);
  return { result: failed, started: failed, kill: () => failed };
}

/** Makes the handle of a process that is being launched, from the options as the caller has given them. */
export function makeSubprocess<T extends CallOptions>(given: T, making: Making<T>): Subprocess {
  try {
    return toHandle(begin(readOptions(given, making.known), making));
  } catch (error) {
    return toHandle(refused(error));
  }
}
