// Starts the helper with a plan, and turns its report pipe and its end into events.

import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { PassThrough } from "node:stream";
import { CofferError } from "../../../errors.ts";
import { makeReportReader } from "../../../wire/report/report.ts";
import { SystemError } from "../../error.ts";
import type {
  AheadLaunch,
  Launch,
  LaunchEvent,
  LaunchLock,
  LaunchRequest,
  LaunchSetup,
  WindowSize,
} from "../../port.ts";
import { childProcess, network } from "../builtins.ts";
import { answerFrom } from "../network.ts";
import { launchWarm } from "../warm/launch.ts";
import type { FirstLock } from "./arguments.ts";
import { makeArguments, planFd, reportFd } from "./arguments.ts";
import { makeEventQueue } from "./events.ts";
import { withInputs } from "./inputs.ts";
import type { Forwarding } from "./signals.ts";
import { forwardSignals } from "./signals.ts";

function started(child: ChildProcess, helper: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new SystemError("execve", helper, cause.code ?? "EIO", { cause })),
    );
  });
}

function ended(child: ChildProcess): Promise<{ readonly status: number; readonly signal: string | undefined }> {
  return new Promise((resolve) => {
    child.once("exit", (status, signal) => resolve({ status: status ?? 255, signal: signal ?? undefined }));
  });
}

function readableAt(child: ChildProcess, fd: number | undefined): Readable | undefined {
  const stream = fd === undefined ? undefined : child.stdio[fd];
  return stream && "read" in stream ? stream : undefined;
}

/**
 * An output for whoever asks for it, however late. When the process ends, Node throws away what is left in a pipe that
 * nobody reads. On a busy machine Node can learn of the end before it reads that the program runs.
 */
function kept(stream: Readable | null | undefined): Readable | undefined {
  if (!stream) return undefined;
  const through = stream.pipe(new PassThrough());
  stream.once("error", (error) => through.destroy(error)).once("close", () => through.end());
  // A reader that goes away closes the pipe, as it would have without this.
  through.once("close", () => stream.destroy());
  return through;
}

function drained(stream: Readable | undefined, take: (chunk: Uint8Array) => void): Promise<void> {
  if (stream === undefined || stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.on("data", take);
    stream.once("close", () => resolve());
    stream.on("error", () => resolve());
  });
}

/** A program asks for many names in a row. Each would wake the reader, which then takes the processor from the program. */
const restMs = 2;

/** Has a stream rest whenever something was read, until it is woken. */
function resting(stream: Readable | undefined): { readonly wake: () => void } {
  let rest: NodeJS.Timeout | undefined;
  const onData = (): void => {
    stream?.pause();
    rest = setTimeout(() => stream?.resume(), restMs);
  };
  stream?.on("data", onData);
  return {
    wake: () => {
      clearTimeout(rest);
      stream?.off("data", onData).resume();
    },
  };
}

/** Turns of the event loop: each reads more of a socket than it holds by itself. */
const mostTurns = 64;

/**
 * Waits until nothing comes that was sent before, and reads no more then: what a program has left behind can ask without end, and
 * its supervisor tells that too.
 */
async function quiet(stream: Readable | undefined): Promise<void> {
  let came = stream !== undefined;
  stream?.on("data", () => {
    came = true;
  });
  for (let left = mostTurns; left > 0 && came; left -= 1) {
    came = false;
    for (let turns = 2; turns > 0; turns -= 1) await new Promise((resolve) => void setImmediate(resolve));
  }
  stream?.destroy();
}

function writableAt(child: ChildProcess, fd: number | undefined): Writable | undefined {
  const stream = fd === undefined ? undefined : child.stdio[fd];
  if (!stream || !("write" in stream)) return undefined;
  // A launcher that refuses the plan early closes its end. The report says why, so that the write's EPIPE is no news.
  return stream.on("error", () => {});
}

function sizeBytes({ height, width }: WindowSize): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(height, 0);
  bytes.writeUInt16LE(width, 2);
  return bytes;
}

/** Pipes of Node are sockets, which can let go of the event loop. */
function unref(stream: unknown): void {
  if (stream instanceof network().Socket) stream.unref();
}

/** A helper that waits for its plan. */
export interface Waiting {
  next(): Promise<LaunchEvent>;
  launch(plan: Uint8Array): Launch;
  /** Has it end without a plan. */
  end(): Promise<void>;
}

/** Starts the helper, which takes the lock, if there is one, and waits for its plan. */
export async function startHelper(helper: string, setup: LaunchSetup, lock?: FirstLock): Promise<Waiting> {
  const { child, traceFd, windowFd, watcherFd } = withInputs(setup.inputs, (inputs) => {
    const { args, stdio, ...fds } = makeArguments({ ...setup, inputs }, lock);
    return {
      child: childProcess().spawn(helper, args, { stdio: [...stdio], detached: true, env: {}, cwd: "/" }),
      ...fds,
    };
  });
  if (setup.answers) answerFrom(child, setup.answers);
  const [stdout, stderr] = [kept(child.stdout), kept(child.stderr)];
  const queue = makeEventQueue();
  const reader = makeReportReader();
  const end = ended(child);
  const traces: Uint8Array[] = [];
  let forwarding: Forwarding | undefined;
  await started(child, helper);
  const { pid } = child;
  if (pid === undefined) throw new CofferError("E_LAUNCH_FAILED", `the helper ${helper} has no pid`, {});
  const plan = writableAt(child, planFd);
  const window = writableAt(child, windowFd);
  const report = readableAt(child, reportFd);
  const reports = drained(report, (chunk) => {
    for (const record of reader.push(chunk))
      if (record.state === "stopped") forwarding?.suspend();
      else queue.push({ kind: "report", report: record });
  });
  const trace = drained(readableAt(child, traceFd), (chunk) => traces.push(chunk));
  const watcher = readableAt(child, watcherFd);
  const watched = drained(watcher, setup.watcher?.take ?? (() => {}));
  const { wake } = resting(watcher);
  void Promise.all([end, reports, trace]).then(async ([{ status, signal }]) => {
    wake();
    await Promise.race([watched, quiet(watcher)]);
    forwarding?.end();
    queue.push({ kind: "exit", status, signal, trace: Buffer.concat(traces) });
  });
  const launch: Launch = {
    pid,
    stdin: child.stdin ?? undefined,
    stdout,
    stderr,
    nextEvent: queue.next,
    signal: (signal) => void child.kill(signal),
    resize: (size) => {
      if (window === undefined || child.exitCode !== null || child.signalCode !== null) return false;
      window.write(sizeBytes(size));
      return true;
    },
    detach: () => {
      forwarding?.end();
      child.unref();
      report?.destroy();
    },
    unref: () => {
      child.unref();
      for (const stream of [child.stdin, report, plan, window]) unref(stream);
    },
  };
  return {
    next: queue.next,
    launch: (bytes) => {
      plan?.end(bytes);
      if (setup.forwardSignals) forwarding = forwardSignals((signal) => child.kill(signal));
      return launch;
    },
    end: async () => {
      plan?.end();
      await end;
    },
  };
}

/** Launches a plan: by a helper that stays, or by one that is started for it. */
export async function launchHelper(helper: string, request: LaunchRequest): Promise<Launch> {
  const { plan, ...setup } = request;
  return (await launchWarm(helper, request)) ?? (await startHelper(helper, setup)).launch(plan);
}

/** A process of Node takes far longer to begin than a launcher. */
export const launchLater: ((helper: string, setup: LaunchSetup) => Promise<LaunchLock>) | undefined = undefined;
export const launchAhead: ((helper: string, setup: LaunchSetup) => AheadLaunch) | undefined = undefined;
