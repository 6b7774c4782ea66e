// The recorder's page as trace events (the format of Chrome's tracing, which viewers such as Perfetto read).

import { describeOp } from "../../plan/index.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/reports.ts";
import type { AwaitedFile } from "../policy/user-file.ts";
import type { Step } from "./trace.ts";
import { durationOf, inTime, isWaiting, readTrace } from "./trace.ts";

type Traced = Pick<Running, "id" | "plan" | "planSize">;

const processes = { launcher: 1, init: 2 } as const;

const processOf = ({ op: { phase } }: Step): number =>
  phase === "host" || phase === "parent" ? processes.launcher : processes.init;

const micros = (nanoseconds: bigint): number => Number(nanoseconds) / 1000;

/** One op: a complete event, in µs since the first. */
function eventOf(step: Step, first: bigint): object {
  const { op, index, start } = step;
  const pid = processOf(step);
  const about = op.from === undefined || op.from === "" ? "" : `, asked for by ${op.from}`;
  return {
    name: op.op,
    cat: op.phase,
    ph: "X",
    ts: micros(start - first),
    dur: micros(durationOf(step)),
    pid,
    tid: pid,
    args: {
      op: index,
      label: describeOp(op),
      sentence: `${op.why ?? op.op}${about}`,
      ...(isWaiting(op) ? { waits: true } : {}),
    },
  };
}

/** Something that a sandbox has reached or was denied, and when: milliseconds after the launch. */
export interface DeniedEvent {
  readonly text: string;
  readonly afterMs: number;
}

const deniedEvent = ({ text, afterMs }: DeniedEvent): object => ({
  name: text,
  cat: "network",
  ph: "i",
  s: "p",
  ts: Math.max(0, afterMs * 1000),
  pid: processes.launcher,
  tid: processes.launcher,
});

/** Makes the document: an event for each op and for what was denied, and what the run was. */
export function traceEvents(
  { id, plan, planSize }: Traced,
  { trace, durationMs }: Exit,
  denied: readonly DeniedEvent[],
): object {
  const steps = inTime(readTrace(plan, trace));
  const first = steps[0]?.start ?? 0n;
  const named = Object.entries(processes).map(([name, pid]) => ({
    name: "process_name",
    ph: "M",
    pid,
    args: { name },
  }));
  return {
    traceEvents: [...named, ...steps.map((step) => eventOf(step, first)), ...denied.map(deniedEvent)],
    otherData: { id, kind: plan.kind, ops: plan.ops.length, planSize, durationMs },
  };
}

/**
 * Writes the events to a file.
 *
 * @throws {CofferError} E_IO
 */
export function writeTraceEvents(
  file: AwaitedFile,
  running: Traced,
  exit: Exit,
  denied: readonly DeniedEvent[] = [],
): void {
  file.write(`${JSON.stringify(traceEvents(running, exit, denied))}\n`);
}
