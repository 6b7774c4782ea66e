// The recorder's page: the time of every op, read back and told.
import type { Plan, PlanOp } from "../../wire/op.ts";
import type { OpName } from "../../wire/tables/op-table.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/reports.ts";

const recordSize = 16;

/** Ops that wait for the other side or for the container: their time is spent elsewhere. */
const waiting: ReadonlySet<OpName> = new Set(["sync", "await-exec", "confine", "wait", "gate", "adopt", "take-slot"]);

/** One op and when it ran, in nanoseconds of the kernel's monotonic clock. */
export interface Step {
  readonly index: number;
  readonly op: PlanOp;
  readonly start: bigint;
  readonly end: bigint;
}

/** Reads the recorder's page. Ops that were not reached have no step. */
export function readTrace(plan: Plan, trace: Uint8Array): readonly Step[] {
  const view = new DataView(trace.buffer, trace.byteOffset, trace.byteLength);
  return plan.ops.flatMap((op, index) => {
    if ((index + 1) * recordSize > trace.length) return [];
    const start = view.getBigUint64(index * recordSize, true);
    const end = view.getBigUint64(index * recordSize + 8, true);
    return start === 0n ? [] : [{ index, op, start, end }];
  });
}

/** A time for people. */
export const micros = (nanoseconds: bigint): string => `${(Number(nanoseconds) / 1000).toFixed(1)} µs`;

/** An op that was not ended replaced the program: `exec` does not return. */
export function durationOf({ start, end }: Step): bigint {
  return end < start ? 0n : end - start;
}

/** An op by its name and the field that asked for it, which is the config itself ("") for what every container gets. */
export function describe(op: PlanOp): string {
  return op.from === undefined || op.from === "" ? op.op : `${op.op} ${op.from}`;
}

/** Whether an op waits for the other side or for the container. */
export function isWaiting({ op }: PlanOp): boolean {
  return waiting.has(op);
}

/** The steps in the order of time. */
export function inTime(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.index - b.index));
}

/** Every op in the order of time, as `--trace` prints it. */
export function printTrace(plan: Plan, { trace }: Exit): string {
  const steps = inTime(readTrace(plan, trace));
  const first = steps[0]?.start ?? 0n;
  const lines = steps.map((step) => {
    const at = micros(step.start - first).padStart(12);
    return `${at} ${micros(durationOf(step)).padStart(11)}  ${step.op.phase.padEnd(7)} ${`${step.index}`.padStart(4)} ${describe(step.op)}\n`;
  });
  return lines.join("");
}

/** The plan's size, the time from launch to exit and the largest steps, as `sandbox --trace` prints them. */
export function printSummary({ plan, planSize }: Pick<Running, "plan" | "planSize">, exit: Exit): string {
  const steps = readTrace(plan, exit.trace).filter(({ op }) => !isWaiting(op));
  const largest = steps.toSorted((a, b) => Number(durationOf(b) - durationOf(a))).slice(0, 3);
  const lines = [
    `plan: ${planSize} bytes, ${plan.ops.length} ops`,
    `launch to exit: ${exit.durationMs.toFixed(2)} ms`,
    ...largest.map((step) => `largest: ${micros(durationOf(step))} ${describe(step.op)} (${step.op.phase})`),
  ];
  return lines.map((line) => `coffer: ${line}\n`).join("");
}
