// Starts the helper with a plan, and turns its report pipe and its end into events.

import type { ChildProcess, StdioOptions } from "node:child_process";
import * as fs from "node:fs";
import type { Readable } from "node:stream";
import { CofferError } from "../../errors.ts";
import { makeReportReader } from "../../wire/report.ts";
import { SystemError } from "../error.ts";
import type { Launch, LaunchInput, LaunchRequest } from "../port.ts";
import { childProcess } from "./builtins.ts";
import { call } from "./call.ts";
import { makeEventQueue } from "./events.ts";
import { forwardSignals } from "./signals.ts";

// Descriptors of the helper after stdio. Those of the inputs follow.
const planFd = 3;
const reportFd = 4;

interface Arguments {
  readonly args: readonly string[];
  readonly stdio: StdioOptions;
  readonly traceFd: number | undefined;
}

/** A descriptor that the caller was given: not one that Node has opened for itself. */
function checkDescriptor(fd: number): void {
  const name = `descriptor ${fd}`;
  call("fstat", name, () => fs.fstatSync(fd));
  const target = call("readlink", name, () => fs.readlinkSync(`/proc/self/fd/${fd}`));
  if (target.startsWith("anon_inode:")) throw new SystemError("fstat", name, "EBADF");
}

function makeArguments(request: LaunchRequest): Arguments {
  const args = ["launch", "--plan-fd", `${planFd}`, "--report-fd", `${reportFd}`];
  const stdio: ("pipe" | "inherit" | "ignore" | number)[] = [...request.stdio, "pipe", "pipe"];
  const give = (source: "pipe" | number): number => stdio.push(source) - 1;
  if (request.dieWithParent) args.push("--die-with", `${process.pid}`);
  if (request.lock) args.push("--lock-fd", `${give(request.lock.fd)}`);
  const traceFd = request.trace ? give("pipe") : undefined;
  if (traceFd !== undefined) args.push("--trace-fd", `${traceFd}`);
  const place = (input: LaunchInput): string => {
    if ("path" in input) return input.path;
    checkDescriptor(input.fd);
    return `fd:${give(input.fd)}`;
  };
  for (const input of request.inputs) args.push("--input", `${input.name}=${place(input)}`);
  return { args, stdio, traceFd };
}

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

function drained(stream: Readable | undefined, take: (chunk: Uint8Array) => void): Promise<void> {
  if (stream === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    stream.on("data", take);
    stream.once("close", () => resolve());
    stream.on("error", () => resolve());
  });
}

function sendPlan(child: ChildProcess, plan: Uint8Array): void {
  const stream = child.stdio[planFd];
  if (!stream || !("write" in stream)) return;
  // A launcher that refuses the plan early closes its end. The report says why, so that the write's EPIPE is no news.
  stream.on("error", () => {});
  stream.end(plan);
}

/** Starts the helper. */
export async function launchHelper(helper: string, request: LaunchRequest): Promise<Launch> {
  const { args, stdio, traceFd } = makeArguments(request);
  const child = childProcess().spawn(helper, args, { stdio, detached: true, env: {}, cwd: "/" });
  const queue = makeEventQueue();
  const reader = makeReportReader();
  const end = ended(child);
  const traces: Uint8Array[] = [];
  await started(child, helper);
  const { pid } = child;
  if (pid === undefined) throw new CofferError("E_LAUNCH_FAILED", `the helper ${helper} has no pid`, {});
  const report = readableAt(child, reportFd);
  const reports = drained(report, (chunk) => {
    for (const record of reader.push(chunk)) queue.push({ kind: "report", report: record });
  });
  const trace = drained(readableAt(child, traceFd), (chunk) => traces.push(chunk));
  sendPlan(child, request.plan);
  const stop = request.forwardSignals ? forwardSignals((signal) => child.kill(signal)) : undefined;
  void Promise.all([end, reports, trace]).then(([{ status, signal }]) => {
    stop?.();
    queue.push({ kind: "exit", status, signal, trace: Buffer.concat(traces) });
  });
  return {
    pid,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    nextEvent: queue.next,
    signal: (signal) => void child.kill(signal),
    detach: () => {
      stop?.();
      child.unref();
      report?.destroy();
    },
  };
}
