// Which kernel calls each op makes, of launches that run under strace. The helper asks the kernel for the recorder's times.
// These calls are in the trace too, and show where an op begins and ends.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Launch, LaunchEvent, System } from "../../../packages/core/src/system/port.ts";
import { decodePlan } from "../../../packages/core/src/wire/decode.ts";
import type { Plan } from "../../../packages/core/src/wire/op.ts";
import { tools } from "../build.ts";
import { until } from "../command.ts";
import { helperPath } from "../peers/runtimes.ts";

/** Who makes a call: the launcher, init, a process that either makes, until it executes a program, or a satellite. */
export type Who = "launcher" | "init" | "child" | "satellite";

/** Calls by who made them and in which op (`outside` of any), as `launcher clone`. */
export type Seen = Map<string, Set<string>>;

type Line = {
  readonly pid: number;
  readonly name: string;
  readonly text: string;
  /** The second half of a call that was interrupted in the trace. */
  readonly resumed: boolean;
  readonly result: number | undefined;
};

type Launched = {
  readonly pid: number;
  readonly plan: Plan;
  readonly file: string;
  trace: Uint8Array;
  nextEvent: Launch["nextEvent"];
};

function parse(text: string): readonly Line[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()/.exec(line);
    if (match === null) return [];
    // A process in another pid namespace has its number there, and ours in a comment.
    const [, own, ours] = /\) += (-?\d+)(?: \/\* (\d+) in strace)?/.exec(line) ?? [];
    const result = ours ?? own;
    return [
      {
        pid: Number(match[1]),
        name: match[2] ?? match[3] ?? "",
        text: line,
        resumed: match[2] !== undefined,
        result: result === undefined ? undefined : Number(result),
      },
    ];
  });
}

/** The nanoseconds that a clock_gettime(2) answered. */
function timeOf({ name, text }: Line): bigint | undefined {
  const match = name === "clock_gettime" ? /tv_sec=(\d+), tv_nsec=(\d+)/.exec(text) : null;
  return match === null ? undefined : BigInt(match[1] ?? 0) * 1_000_000_000n + BigInt(match[2] ?? 0);
}

const isExec = ({ name }: Line): boolean => name === "execve" || name === "execveat";

type Place = { readonly who: Who; op: string };

const isOutside = (phase: string): boolean => phase === "host" || phase === "parent";

/** When the launcher's ops began (their names) and ended (`outside`), as the recorder has it. */
function timesOf({ plan, trace }: Launched): ReadonlyMap<bigint, string> {
  const view = Buffer.from(trace);
  const at = (index: number): readonly (readonly [bigint, string])[] => [
    [view.readBigUInt64LE(index * 16), plan.ops[index]?.op ?? "outside"],
    [view.readBigUInt64LE(index * 16 + 8), "outside"],
  ];
  const recorded = plan.ops.slice(0, view.length / 16);
  return new Map(recorded.flatMap(({ phase }, index) => (isOutside(phase) ? at(index) : [])));
}

/**
 * What moves a process on to its next op. For the launcher it is a time that the recorder has. Init asks for the time at the
 * begin and end of each op and nowhere else, so each of these calls does.
 */
function makeClock(launched: Launched): (place: Place, line: Line) => boolean {
  const times = timesOf(launched);
  const ofInit = launched.plan.ops.filter(({ phase }) => !isOutside(phase)).map(({ op }) => op);
  let asked = 0;
  return (place, line) => {
    const time = timeOf(line);
    const op = time === undefined ? undefined : times.get(time);
    if (
      time === undefined ||
      place.who === "child" ||
      place.who === "satellite" ||
      (place.who === "launcher" && op === undefined)
    )
      return false;
    if (place.who === "init") asked += 1;
    place.op =
      place.who === "launcher" ? (op ?? "outside") : asked % 2 ? (ofInit[(asked - 1) / 2] ?? "outside") : "outside";
    return true;
  };
}

/** Follows the processes of one launch through its trace. */
function attribute(launched: Launched, add: (key: string, call: string) => void): void {
  const places = new Map<number, Place>();
  const isTime = makeClock(launched);
  const follow = (place: Place, line: Line): void => {
    if (/^clone3?$/.test(line.name) && line.result !== undefined && line.result > 0)
      places.set(line.result, { who: place.op === "fork" ? "init" : "child", op: place.op });
    if (!isExec(line) || line.result !== 0) return;
    const [, kind] = /"coffer-satellite", "(\d)"/.exec(line.text) ?? [];
    if (place.who === "child" && place.op === "clone") places.set(line.pid, { who: "init", op: "outside" });
    else if (kind !== undefined) places.set(line.pid, { who: "satellite", op: kind });
    else places.delete(line.pid);
  };
  const lines = whole(parse(readFileSync(launched.file, "utf8")));
  // The launcher executes nothing else. The line may lack the path, if it was read too late.
  const first = lines.findLastIndex((line) => line.pid === launched.pid && isExec(line));
  places.set(launched.pid, { who: "launcher", op: "outside" });
  for (const line of lines.slice(first + 1)) {
    const place = places.get(line.pid);
    if (place === undefined || isTime(place, line)) continue;
    add(`${place.who} ${place.op}`, line.name);
    follow(place, line);
  }
}

/** The lines with each answer that came later moved to where the call was made: a child may run before clone(2) returns. */
function whole(lines: readonly Line[]): readonly Line[] {
  const waits = new Map<number, number>();
  const result = [...lines];
  for (const [index, line] of lines.entries()) {
    const at = waits.get(line.pid);
    const call = at === undefined ? undefined : result[at];
    if (line.resumed && call !== undefined && at !== undefined)
      result[at] = { ...call, result: line.result, text: call.text + line.text };
    if (!line.resumed) waits.set(line.pid, index);
  }
  return result.filter((line) => !line.resumed);
}

/** strace that lets go of each process that executes a program, but for the first: it has the command's descriptors. */
const untilExec = ["strace", "-DDD", "-f", "-q", "-b", "execve", "-s", "32", "-o"];

/** A helper that is traced: what it asks of the kernel goes to `calls.PID` in the directory. */
function makeHelper(directory: string, prefix: readonly string[], letsGo: boolean): string {
  const script = join(directory, "traced-helper");
  const tracer = letsGo ? untilExec : [tools(), "strace"];
  const words = [...tracer, join(directory, "calls.$$"), "--", ...prefix, helperPath()];
  writeFileSync(script, `#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexec ${words.join(" ")} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

/**
 * Traces the launches of systems; what they keep goes into the directory.
 *
 * @param letsGo programs that are executed are not traced, for those that trace others themselves; nor is init then
 */
export function makeTracer(directory: string, letsGo = false) {
  const launched: Launched[] = [];
  const follow = (running: Launch, image: Uint8Array): Launch => {
    const file = join(directory, `calls.${running.pid}`);
    const plan = decodePlan(image);
    const nextEvent = async (timeoutMs?: number): Promise<LaunchEvent> => {
      const event = await running.nextEvent(timeoutMs);
      if (event.kind === "exit") own.trace = event.trace ?? new Uint8Array();
      return event;
    };
    const own: Launched = { pid: running.pid, plan, file, trace: new Uint8Array(), nextEvent };
    launched.push(own);
    return { ...running, nextEvent };
  };
  const withHelper = <T>(prefix: readonly string[], start: () => Promise<T>): Promise<T> => {
    process.env.COFFER_HELPER = makeHelper(directory, prefix, letsGo);
    return start().finally(() => {
      delete process.env.COFFER_HELPER;
    });
  };
  /** What was seen, once all has ended. */
  const calls = async (): Promise<Seen> => {
    const seen: Seen = new Map();
    for (const own of launched) {
      // Who was told of a failure asks for nothing more.
      while (own.trace.length === 0 && (await own.nextEvent(5000)).kind === "report");
      await until(`all of ${own.file} has ended`, () => existsSync(own.file) && hasEnded(own.file, letsGo), 30_000);
      attribute(own, (key, call) => seen.set(key, (seen.get(key) ?? new Set()).add(call)));
    }
    return seen;
  };
  /** The system with its launches traced. `prefix`: words before the helper's. */
  const traced = (system: System, prefix: readonly string[] = []): System => ({
    ...system,
    launch: async (request) =>
      follow(await withHelper(prefix, () => system.launch({ ...request, trace: true })), request.plan),
    lockToLaunch: async (path, timeoutMs, setup) => {
      const lock = await withHelper(prefix, () => system.lockToLaunch(path, timeoutMs, { ...setup, trace: true }));
      return lock && { ...lock, launch: async (plan) => follow(await lock.launch(plan), plan) };
    },
  });
  return { traced, calls };
}

/** A process that was let go has such a line, unless another's line came between. */
function hasEnded(file: string, letsGo: boolean): boolean {
  const text = readFileSync(file, "utf8");
  const all = new Set(text.match(/^\d+/gm));
  const ended = new Set(text.match(/^\d+(?= \+\+\+ (exited|killed)| .*<detached \.\.\.>$)/gm));
  const lastLines = new Map(text.split("\n").map((line) => [/^\d+/.exec(line)?.[0], line] as const));
  const isOver = (pid: string): boolean =>
    ended.has(pid) || (letsGo && / execveat\(.*<unfinished \.\.\.>$/.test(lastLines.get(pid) ?? ""));
  return all.size > 0 && [...all].every(isOver);
}
