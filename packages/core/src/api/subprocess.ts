// A running process as callers hold it: a promise of its result, and a handle while it runs.
import type { Running } from "../runtime/launch/container.ts";
import { signalRunning } from "../runtime/launch/without-launcher.ts";
import { openRuntime } from "../runtime/open.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { LaunchStreams, Stdio, WindowSize } from "../system/port.ts";
import { parseSignal, signalNumbers } from "../system/signals.ts";
import type { Bound } from "./bound.ts";
import { isGivenUp, makeBound } from "./bound.ts";
import type { Known } from "./check-options.ts";
import { readOptions } from "./check-options.ts";
import { toLines } from "./lines.ts";
import type { Output, ProcessRunOptions, RunResult, SourceOptions, TerminalSize } from "./options.ts";
import type { Output as Collected } from "./output.ts";
import { collect } from "./output.ts";
import type { Decode, Ending } from "./result.ts";
import { follow, neverRan } from "./result.ts";
import { connect, toStdio } from "./stdio.ts";
import { toWindow, windowOf } from "./tty.ts";

/** The streams and the identity of a process that has begun. */
export interface Started extends LaunchStreams {
  readonly id: string;
  /** As the host has it. */
  readonly pid: number;
}

/** A process: await it for its result. */
export interface Subprocess<Written extends Output = string> extends Promise<RunResult<Written>> {
  /** Settles when the program runs; rejects when it could not be made to, or when the call was ended before. */
  readonly started: Promise<Started>;
  /** The promise that this is, without the rest. */
  readonly result: Promise<RunResult<Written>>;
  /**
   * The lines of an output as they come, `stdout` unless said, from the first that was kept. Throws when the program could not
   * be made to run; the result says how it ends.
   */
  lines(from?: "stdout" | "stderr"): AsyncIterable<string>;
  /** Sends a signal to the process, `TERM` unless said. Whether it got it: not when it has ended. */
  kill(signal?: string | number): Promise<boolean>;
  /** Gives its terminal another size. Whether it was told: not without `tty`, and not when it has ended. */
  resize(size: TerminalSize): Promise<boolean>;
}

const defaultMaxBuffer = 100_000_000;

/** Sends a signal to a process that can have ended already. When that cannot be told, the launcher goes, and its end is an error. */
async function sendSurely(runtime: Runtime, running: Running, signal: number): Promise<void> {
  try {
    await signalRunning(runtime, running, signal);
  } catch {
    running.launch.signal(signalNumbers.KILL);
  }
}

/** What every call that makes a process takes. */
export type CallOptions = Omit<ProcessRunOptions, "encoding"> &
  Pick<SourceOptions, "runtime"> & { readonly encoding?: "utf8" | "buffer" | undefined };

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
  /** The size of its terminal, if it is to have one. */
  readonly window: WindowSize | undefined;
  /** Is aborted when the call is to end, also while its program does not run yet. */
  readonly cancel: AbortSignal;
  /** Ends the call after that time, if its caller has set none. */
  readonly limit: (timeoutMs: number) => void;
  /** It is in a container that ends with this process. */
  readonly dieWithParent?: boolean;
}

/** The runtime that the options name, or the default one. */
export function runtimeOf(options: Pick<SourceOptions, "runtime">): Runtime {
  return options.runtime ?? openRuntime();
}

const defaultDelay = 5000;

/** Ends a process by the signal that the caller has chosen, and then by force. */
function endBy(
  runtime: Runtime,
  running: Running,
  options: Pick<CallOptions, "killSignal" | "forceKillAfterDelay">,
): () => void {
  const { killSignal = "KILL", forceKillAfterDelay: delay = defaultDelay } = options;
  const first = parseSignal(String(killSignal));
  void sendSurely(runtime, running, first);
  if (first === signalNumbers.KILL || delay === false) return () => {};
  const timer = setTimeout(() => void sendSurely(runtime, running, signalNumbers.KILL), delay);
  return () => clearTimeout(timer);
}

/** Kills the process when the bound ends the call. What it gives ends the call at once. */
function watch(running: Promise<Running>, runtime: Runtime, { signal }: Bound, options: CallOptions) {
  let stop = (): void => {};
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const end = (): void => {
    ask();
    // A launch that fails tells so by its result.
    void running.then((one) => (stop = endBy(runtime, one, options))).catch(() => {});
  };
  signal.addEventListener("abort", end, { once: true });
  return { end, asked, stop: () => stop() };
}

type Parts = Pick<Subprocess<Output>, "result" | "started" | "kill" | "resize" | "lines">;

const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const asBytes = (bytes: Uint8Array): Uint8Array => bytes;
/** As much of a line as is kept where nothing else is. */
const longestLine = 1_000_000;

/** A promise of the result with the rest of a handle. A caller that looks at `started` learns of a failed launch there. */
function toHandle({ result, started, kill, resize, lines }: Parts): Subprocess<Output> {
  started.catch(() => {});
  const look = (): Promise<Started> => {
    started.catch(() => result.catch(() => {}));
    return started;
  };
  return Object.defineProperty(Object.assign(result, { result, started, kill, resize, lines }), "started", {
    get: look,
  });
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
    const stdio = toStdio(runtime.system, options);
    const how = { id, stdio, window: windowOf(options), cancel: bound.signal, limit: bound.limit };
    return making.launch(runtime, options, how);
  });
  const { end, asked, stop } = watch(running, runtime, bound, options);
  const onFull = (): void => {
    full = true;
    end();
  };
  const limits = { keep: options.buffer ?? true, maxBuffer: options.maxBuffer ?? defaultMaxBuffer, onFull };
  const decode: Decode<Output> = options.encoding === "buffer" ? asBytes : asText;
  const collected = running.then(({ launch }): readonly [Collected, Collected] => {
    const outputs = [collect(launch.stdout, limits), collect(launch.stderr, limits)] as const;
    connect(launch, options);
    return outputs;
  });
  const go = async (one: Running): Promise<RunResult<Output>> =>
    follow(one, await collected, { ending, asked: making.canBeOutlived ? asked : undefined, decode });
  const giveUp = (error: unknown): RunResult<Output> => {
    if (!isGivenUp(bound, error)) throw error;
    return neverRan(id, performance.now() - began, ending(), decode);
  };
  const told = ({ id: given, process, launch: { stdin, stdout, stderr } }: Running): Started => {
    return { id: given, pid: process.pid, stdin, stdout, stderr };
  };
  collected.catch(() => {});
  return {
    result: running.then(go, giveUp).finally(() => {
      stop();
      bound.stop();
    }),
    started: running.then(told).catch((error: unknown) => {
      throw isGivenUp(bound, error) ? bound.signal.reason : error;
    }),
    lines: (from = "stdout") => linesOf(collected, from),
    kill: async (signal = "TERM") => signalRunning(runtime, await running, parseSignal(String(signal))),
    resize: async (size) => (await running).launch.resize?.(toWindow(size)) ?? false,
  };
}

async function* linesOf(collected: Promise<readonly [Collected, Collected]>, from: "stdout" | "stderr") {
  const [stdout, stderr] = await collected;
  yield* toLines((from === "stdout" ? stdout : stderr).chunks(), longestLine);
}

function refused(error: unknown): Parts {
  const failed: Promise<never> = Promise.reject(error);
  return {
    result: failed,
    started: failed,
    kill: () => failed,
    resize: () => failed,
    lines: () => linesOf(failed, "stdout"),
  };
}

/** Makes the handle of a process that is being launched, from the options as the caller has given them. */
export function makeSubprocess<T extends CallOptions>(given: T, making: Making<T>): Subprocess<Output> {
  try {
    return toHandle(begin(readOptions(given, making.known), making));
  } catch (error) {
    return toHandle(refused(error));
  }
}
