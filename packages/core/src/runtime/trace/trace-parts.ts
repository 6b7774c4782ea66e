// Parts of the timeline's page beside the order of time: what took longest, and what the program did meanwhile.
import type { PlanOp } from "../../wire/op.ts";
import type { Step } from "./trace.ts";
import { describe, durationOf, isWaiting } from "./trace.ts";
import type { DeniedEvent } from "./trace-events.ts";

/** Makes text harmless in a page. */
export type MakeSafe = (text: string) => string;

/** A time in nanoseconds for people. */
export const millis = (nanoseconds: bigint): string => `${(Number(nanoseconds) / 1e6).toFixed(3)} ms`;

/** Names ops by the path that they are about, where the field that asks for them has one, and by the field elsewhere. */
export function namer(ops: readonly PlanOp[]): (op: PlanOp) => string {
  const paths = new Map<string, string>();
  for (const op of ops)
    if (op.from !== undefined && op.from !== "" && "path" in op && typeof op.path === "string" && op.path !== "")
      if (!paths.has(op.from)) paths.set(op.from, op.path);
  return (op) => {
    const path = op.from === undefined ? undefined : paths.get(op.from);
    return path === undefined ? describe(op) : `${op.op} ${path}`;
  };
}

/** As many kinds of ops are listed, and of each as many ops. */
const mostKinds = 20;
const mostOfKind = 50;

const total = (steps: readonly Step[]): bigint => steps.reduce((sum, step) => sum + durationOf(step), 0n);
const larger = (a: bigint, b: bigint): number => (a < b ? 1 : a > b ? -1 : 0);

function kindOf([name, steps]: readonly [string, readonly Step[]], nameOf: (op: PlanOp) => string, makeSafe: MakeSafe) {
  const rows = steps
    .toSorted((a, b) => larger(durationOf(a), durationOf(b)))
    .slice(0, mostOfKind)
    .map(
      (step) =>
        `<tr><td>${step.index}</td><td>${makeSafe(nameOf(step.op))}</td><td>${millis(durationOf(step))}</td></tr>`,
    );
  const head = `${makeSafe(name)}: ${millis(total(steps))} in ${steps.length}`;
  return `<details><summary>${head}</summary><table class="longest"><tbody>${rows.join("\n")}</tbody></table></details>`;
}

/** The ops that worked, by their kind: the largest first, each kind folded. */
export function longestFirst(
  steps: readonly Step[],
  processOf: (op: PlanOp) => string,
  nameOf: (op: PlanOp) => string,
  makeSafe: MakeSafe,
): string {
  const working = steps.filter(({ op }) => !isWaiting(op));
  if (working.length === 0) return "";
  const kinds = new Map<string, Step[]>();
  for (const step of working) {
    const name = `${step.op.op}, ${processOf(step.op)}`;
    kinds.set(name, [...(kinds.get(name) ?? []), step]);
  }
  const sorted = [...kinds].toSorted(([, a], [, b]) => larger(total(a), total(b))).slice(0, mostKinds);
  const listed = sorted.map((kind) => kindOf(kind, nameOf, makeSafe)).join("\n");
  return `<details open><summary><h2>Longest first: ${millis(total(working))} of work</h2></summary>\n${listed}\n</details>`;
}

/** What the program connected to, what it was denied, and what it complained of, on the line of its life. */
export function eventLine(events: readonly DeniedEvent[], durationMs: number, makeSafe: MakeSafe): string {
  if (events.length === 0) return "";
  const whole = durationMs > 0 ? durationMs : 1;
  const rows = events
    .toSorted((a, b) => a.afterMs - b.afterMs)
    .map(({ text, afterMs }) => {
      const at = Math.min(100, Math.max(0, (afterMs / whole) * 100)).toFixed(3);
      const kind = /^(?:guess: )?denied: /.test(text) ? "denied" : "event";
      const cells = `<td>${Math.max(0, afterMs).toFixed(1)} ms</td><td>${makeSafe(text)}</td>`;
      return `<tr>${cells}<td class="time"><i class="${kind}" style="left:${at}%"></i></td></tr>`;
    });
  const head = `While it ran: ${whole.toFixed(1)} ms, ${events.length} ${events.length === 1 ? "event" : "events"}`;
  return `<details open><summary><h2>${head}</h2></summary>\n<table class="events"><tbody>\n${rows.join("\n")}\n</tbody></table>\n</details>`;
}
