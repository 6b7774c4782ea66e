// A running process as callers hold it: a promise of its result, and a handle while it runs.
import { planSignal } from "../plan/index.ts";
import type { Running } from "../runtime/container.ts";
import type { Exit } from "../runtime/drive.ts";
import { runHostPlan } from "../runtime/drive.ts";
import { isGone } from "../runtime/launch-error.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { nameSignal, parseSignal, signalNumbers } from "../runtime/signals.ts";
import type { Stdio } from "../system/port.ts";
import type { InputOption, ProcessRunOptions, Resources, RunResult } from "./options.ts";
import type { Output } from "./output.ts";
import { collect } from "./output.ts";

/** The streams and the identity of a process that has begun. */
export interface Started {
  readonly id: string;
  /** As the host has it. */
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream | undefined;
  readonly stdout: NodeJS.ReadableStream | undefined;
  readonly stderr: NodeJS.ReadableStream | undefined;
}

/** A process: await it for its result. */
export interface Subprocess extends PromiseLike<RunResult> {
  /** Settles when the program runs; rejects when it could not be made to. */
  readonly started: Promise<Started>;
  /** The end. */
  readonly result: Promise<RunResult>;
  /** Sends a signal to the process, `TERM` unless said. */
  kill(signal?: string | number): Promise<void>;
}

/** Why a process was killed from here. */
interface Ending {
  timedOut: boolean;
  canceled: boolean;
  full: boolean;
}

const defaultMaxBuffer = 100_000_000;

function inputStdio(input: InputOption | undefined): Stdio {
  if (input === undefined) return "ignore";
  return typeof input === "object" && "from" in input ? input.from : "pipe";
}

/** Where the standard streams of the launcher go. */
export function toStdio(options: ProcessRunOptions): readonly [Stdio, Stdio, Stdio] {
  return [inputStdio(options.stdin), options.stdout ?? "pipe", options.stderr ?? "pipe"];
}

function feed(stream: NodeJS.WritableStream | undefined, input: InputOption | undefined): void {
  if (stream === undefined) return;
  // A process that ends without reading its input breaks the pipe: that is its right.
  stream.on("error", () => {});
  if (typeof input === "string" || input instanceof Uint8Array) stream.end(input);
}

async function signalProcess(runtime: Runtime, { process }: Running, signal: number): Promise<void> {
  await runHostPlan(runtime, planSignal({ target: process, signal }));
}

/** Kills a process that can have ended already. When that cannot be told, the launcher goes, and its end is an error. */
async function killSurely(runtime: Runtime, running: Running): Promise<void> {
  try {
    await signalProcess(runtime, running, signalNumbers.KILL);
  } catch (error) {
    if (!isGone(error)) running.launch.signal(signalNumbers.KILL);
  }
}

function watch(running: Promise<Running>, runtime: Runtime, options: ProcessRunOptions, ending: Ending) {
  const end = (): void => {
    // A launch that fails tells so by its result.
    void running.then((one) => killSurely(runtime, one)).catch(() => {});
  };
  const expire = (): void => {
    ending.timedOut = true;
    end();
  };
  const cancel = (): void => {
    ending.canceled = true;
    end();
  };
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(expire, options.timeoutMs);
  options.signal?.addEventListener("abort", cancel, { once: true });
  const stop = (): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancel);
  };
  const fill = (): void => {
    ending.full = true;
    end();
  };
  return { fill, stop };
}

function toResources({ usage }: Exit): Resources {
  const { userMicros = 0n, systemMicros = 0n, peakKib = 0n } = usage ?? {};
  return {
    userMs: Number(userMicros) / 1000,
    systemMs: Number(systemMicros) / 1000,
    peakMemory: Number(peakKib) * 1024,
  };
}

function toResult(id: string, exit: Exit, ending: Ending, stdout: string, stderr: string): RunResult {
  const { signal, status } = exit;
  return {
    id,
    exitCode: signal === undefined ? status : undefined,
    signal: signal === undefined ? undefined : nameSignal(signal),
    stdout,
    stderr,
    durationMs: exit.durationMs,
    resources: toResources(exit),
    failed: status !== 0,
    timedOut: ending.timedOut,
    isCanceled: ending.canceled,
    isMaxBuffer: ending.full,
    isTerminated: signal !== undefined,
  };
}

async function follow(
  running: Running,
  outputs: readonly [Output, Output],
  ending: Ending,
  stop: () => void,
): Promise<RunResult> {
  try {
    const exit = await running.wait();
    const [stdout, stderr] = await Promise.all(outputs.map((output) => output.text()));
    return toResult(running.id, exit, ending, stdout ?? "", stderr ?? "");
  } finally {
    stop();
  }
}

/** Makes the handle of a process that is being launched. */
export function makeSubprocess(
  runtime: Runtime,
  options: ProcessRunOptions,
  launch: () => Promise<Running>,
): Subprocess {
  const ending: Ending = { timedOut: false, canceled: false, full: false };
  const running = Promise.resolve().then(() => {
    options.signal?.throwIfAborted();
    return launch();
  });
  const { fill, stop } = watch(running, runtime, options, ending);
  const limits = { keep: options.buffer ?? true, maxBuffer: options.maxBuffer ?? defaultMaxBuffer, onFull: fill };
  const result = running.then(
    (one) => {
      const { stdin, stdout, stderr } = one.launch;
      feed(stdin, options.stdin);
      return follow(one, [collect(stdout, limits), collect(stderr, limits)], ending, stop);
    },
    (error: unknown) => {
      stop();
      throw error;
    },
  );
  const started = running.then(({ id, process, launch: { stdin, stdout, stderr } }) => {
    return { id, pid: process.pid, stdin, stdout, stderr };
  });
  // Who awaits the result learns of a failure there.
  started.catch(() => {});
  return {
    started,
    result,
    kill: async (signal = "TERM") => signalProcess(runtime, await running, parseSignal(String(signal))),
    // biome-ignore lint/suspicious/noThenProperty: awaiting the handle is its interface, as in execa
    then: (onFulfilled, onRejected) => result.then(onFulfilled, onRejected),
  };
}
