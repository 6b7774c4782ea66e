// A running process as callers hold it: a promise of its result, and a handle while it runs.
import { CofferError } from "../errors.ts";
import { planSignal } from "../plan/index.ts";
import type { Running } from "../runtime/container.ts";
import type { Exit } from "../runtime/drive.ts";
import { runHostPlan } from "../runtime/drive.ts";
import { isGone } from "../runtime/launch-error.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { nameSignal, parseSignal, signalNumbers } from "../runtime/signals.ts";
import type { LaunchStreams, Stdio } from "../system/port.ts";
import type { Known } from "./check-options.ts";
import { findBadOption } from "./check-options.ts";
import type { ProcessRunOptions, Resources, RunResult } from "./options.ts";
import type { Output } from "./output.ts";
import { collect } from "./output.ts";

/** The streams and the identity of a process that has begun. */
export interface Started extends LaunchStreams {
  readonly id: string;
  /** As the host has it. */
  readonly pid: number;
}

/** A process: await it for its result. */
export interface Subprocess extends Promise<RunResult> {
  /** Settles when the program runs; rejects when it could not be made to. */
  readonly started: Promise<Started>;
  /** The promise that this is, without the rest. */
  readonly result: Promise<RunResult>;
  /** Sends a signal to the process, `TERM` unless said. Whether it got it: not when it has ended. */
  kill(signal?: string | number): Promise<boolean>;
}

/** How a handle is made. */
export interface Making {
  /** The options that the call knows. */
  readonly known: Known;
  /** What the process has started can outlive it, and hold its streams open. */
  readonly canBeOutlived: boolean;
  readonly launch: () => Promise<Running>;
}

/** Why a process was killed from here. */
interface Ending {
  timedOut: boolean;
  canceled: boolean;
  full: boolean;
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

async function signalProcess(runtime: Runtime, { process }: Running, signal: number): Promise<boolean> {
  try {
    await runHostPlan(runtime, planSignal({ target: process, signal }));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Kills a process that can have ended already. When that cannot be told, the launcher goes, and its end is an error. */
async function killSurely(runtime: Runtime, running: Running): Promise<void> {
  try {
    await signalProcess(runtime, running, signalNumbers.KILL);
  } catch {
    running.launch.signal(signalNumbers.KILL);
  }
}

function watch(running: Promise<Running>, runtime: Runtime, options: ProcessRunOptions, ending: Ending) {
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const end = (): void => {
    ask();
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
  const { timeoutMs = 0 } = options;
  const timer = timeoutMs > 0 && timeoutMs < Infinity ? setTimeout(expire, timeoutMs) : undefined;
  options.signal?.addEventListener("abort", cancel, { once: true });
  const stop = (): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancel);
  };
  const fill = (): void => {
    ending.full = true;
    end();
  };
  return { fill, stop, asked };
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
    failed: status !== 0 || ending.timedOut || ending.canceled || ending.full,
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
  asked: Promise<void> | undefined,
): Promise<RunResult> {
  const exit = await running.wait();
  const texts = Promise.all(outputs.map((output) => output.text()));
  void asked?.then(() => Promise.all(outputs.map((output) => output.cut())));
  const [stdout = "", stderr = ""] = await texts;
  return toResult(running.id, exit, ending, stdout, stderr);
}

/** Makes the handle of a process that is being launched. */
export function makeSubprocess(runtime: Runtime, given: ProcessRunOptions, making: Making): Subprocess {
  const ending: Ending = { timedOut: false, canceled: false, full: false };
  const bad = findBadOption(given, making.known);
  const options = bad === undefined ? given : {};
  const running = Promise.resolve().then(() => {
    if (bad !== undefined) throw bad;
    options.signal?.throwIfAborted();
    return making.launch();
  });
  const { fill, stop, asked } = watch(running, runtime, options, ending);
  const limits = { keep: options.buffer ?? true, maxBuffer: options.maxBuffer ?? defaultMaxBuffer, onFull: fill };
  const result = running
    .then((one) => {
      const { stdin, stdout, stderr } = one.launch;
      feed(stdin, options.input);
      const outputs = [collect(stdout, limits), collect(stderr, limits)] as const;
      return follow(one, outputs, ending, making.canBeOutlived ? asked : undefined);
    })
    .finally(stop);
  const started = running.then(({ id, process, launch: { stdin, stdout, stderr } }) => {
    return { id, pid: process.pid, stdin, stdout, stderr };
  });
  // Who awaits the result learns of a failure there.
  started.catch(() => {});
  return Object.assign(result, {
    started,
    result,
    kill: async (signal: string | number = "TERM") =>
      signalProcess(runtime, await running, parseSignal(String(signal))),
  });
}
