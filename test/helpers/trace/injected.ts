// A system whose first launch has one thing go wrong: the launcher runs under `tools inject`.
import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Duplex, Readable } from "node:stream";
import { makeEventQueue } from "../../../packages/core/src/system/node/launch/events.ts";
import type { Launch, LaunchInput, LaunchRequest, System } from "../../../packages/core/src/system/port.ts";
import { decodePlan } from "../../../packages/core/src/wire/decode.ts";
import type { Plan, PlanOp } from "../../../packages/core/src/wire/op.ts";
import { makeReportReader } from "../../../packages/core/src/wire/report/report.ts";
import { tools } from "../build.ts";
import { helperPath } from "../peers/runtimes.ts";

/** What goes wrong, as `tools inject` names it. */
export type FaultKind = "none" | "errno" | "kill-launcher" | "kill-init" | "stop-launcher" | "stop-init";

/** What goes wrong, at which op of the plan. */
export type Fault = {
  readonly op: number;
  /** At which of the op's kernel calls, the first without. */
  readonly call?: number;
  readonly kind: FaultKind;
  /** The errno, or milliseconds. */
  readonly value: number;
  /** The pid of an init that was there before, for ops that it runs after `start`: they are of its plan. */
  readonly init?: number;
};

/** What `tools inject` tells. */
export type Injected = {
  readonly hit: boolean;
  /** The number of the kernel call. */
  readonly call: number;
  /** From the fault to the launcher's end. */
  readonly ms: number;
  /** Processes that the launcher has left. */
  readonly left: readonly number[];
};

/** A launch that was seen, and what was told of it when there was a fault. */
export type Seen = { plan?: Plan; injected?: Injected; told?: Promise<unknown> };

const indexOf = (plan: Plan, name: PlanOp["op"]): number => plan.ops.findIndex(({ op }) => op === name);

/** What the launcher makes of a container or of its checkpoint: init, or CRIU. */
export const madeBy = (plan: Plan): "clone" | "start-criu" =>
  indexOf(plan, "start-criu") >= 0 ? "start-criu" : "clone";

function wordsOf(plan: Plan, fault: Fault, resultFd: number): readonly string[] {
  const phase = plan.ops[fault.op]?.phase;
  const side = fault.init === undefined && (phase === "host" || phase === "parent") ? "l" : "i";
  const made = madeBy(plan);
  const init = fault.init ?? (made === "start-criu" ? -1 : 0);
  const numbers = [fault.op, fault.call ?? 1, indexOf(plan, made), indexOf(plan, "fork")].map(String);
  return ["inject", side, ...numbers, fault.kind, `${fault.value}`, `${resultFd}`, `${init}`, "--"];
}

type Pipes = ("pipe" | "inherit" | "ignore" | number)[];

/** The helper's words and descriptors: plan 3, report 4, trace 5, what the tool tells 6, then the inputs. */
function helperWords(request: LaunchRequest) {
  const stdio: Pipes = [...request.stdio, "pipe", "pipe", "pipe", "pipe"];
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--trace-fd", "5"];
  if (request.logBytes !== undefined) words.push("--log-bytes", `${request.logBytes}`);
  const opened: number[] = [];
  const give = (input: LaunchInput): string => {
    if ("path" in input) return input.path;
    if ("beneath" in input) opened.push(openSync(input.beneath, constants.O_DIRECTORY));
    return `fd:${stdio.push("fd" in input ? input.fd : (opened.at(-1) ?? -1)) - 1}`;
  };
  for (const input of request.inputs) words.push("--input", `${input.name}=${give(input)}`);
  // A pipe of Node's is a pair of unix sockets. Nobody takes what is sent.
  for (const one of [request.answers, request.watcher])
    if (one) words.push("--input", `${one.input}=fd:${stdio.push("pipe") - 1}`);
  return { words, stdio, opened };
}

/** Reads a pipe to its end, and gives each piece on as it comes. */
async function read(stream: unknown, take: (chunk: Uint8Array) => void = () => {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (!(stream instanceof Readable)) throw new TypeError("no pipe");
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    take(chunk);
  }
  return Buffer.concat(chunks);
}

/** Runs a launcher with a fault. `prefix`: words before the helper's, such as another user's. */
export async function launchInjected(
  request: LaunchRequest,
  fault: Fault,
  seen: Seen,
  prefix: readonly string[] = [],
): Promise<Launch> {
  const plan = decodePlan(request.plan);
  const { words, stdio, opened } = helperWords(request);
  const argv = [...wordsOf(plan, fault, 6), ...prefix, helperPath(), ...words];
  const child = spawn(tools(), argv, { stdio, detached: true, env: {}, cwd: "/" });
  for (const fd of opened) closeSync(fd);
  const queue = makeEventQueue();
  const reader = makeReportReader();
  const end = new Promise<readonly [number, string | undefined]>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve([status ?? 255, signal ?? undefined]));
  });
  const [, , , planPipe, reports, trace, told]: readonly unknown[] = child.stdio;
  const reported = read(reports, (chunk) => {
    for (const report of reader.push(chunk)) queue.push({ kind: "report", report });
  });
  if (planPipe instanceof Duplex) planPipe.on("error", () => {}).end(request.plan);
  const line = read(told).then((text) => {
    if (text.length > 0) seen.injected = JSON.parse(text.toString());
  });
  seen.told = line;
  void Promise.all([end, reported, read(trace), line]).then(([[status, signal], , bytes]) =>
    queue.push({ kind: "exit", status, signal, trace: bytes }),
  );
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    stderr: child.stderr ?? undefined,
    nextEvent: queue.next,
    signal: (signal) => void child.kill(signal),
    detach: () => child.unref(),
  };
}

/** Nobody else works here, so nothing is locked, and the launch is an ordinary one. */
export function withoutLock(launch: System["launch"]): System["lockToLaunch"] {
  return async (_path, _timeoutMs, setup) => ({
    launch: (plan) => launch({ ...setup, plan }),
    release: async () => {},
  });
}

const none: Fault = { op: 0, kind: "none", value: 0 };

/** The system, but its first launch has the fault; without one the launch is only noted. `prefix`: words before the helper's. */
export function withFault(
  system: System,
  fault: Fault | undefined,
  seen: Seen,
  prefix: readonly string[] = [],
): System {
  let isFirst = true;
  const launch: System["launch"] = async (request) => {
    if (!isFirst) return system.launch(request);
    isFirst = false;
    seen.plan = decodePlan(request.plan);
    if (fault === undefined && prefix.length === 0) return system.launch(request);
    return launchInjected(request, fault ?? none, seen, prefix);
  };
  return { ...system, launch, lockToLaunch: withoutLock(launch) };
}
