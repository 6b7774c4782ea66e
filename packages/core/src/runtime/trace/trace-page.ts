// The recorder's page as a timeline: one HTML file, with nothing of elsewhere and no script.

import type { PlanOp } from "../../wire/op.ts";
import type { Phase } from "../../wire/tables/op-table.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/reports.ts";
import type { AwaitedFile } from "../policy/user-file.ts";
import type { Step } from "./trace.ts";
import { durationOf, inTime, isWaiting, readTrace } from "./trace.ts";
import type { DeniedEvent } from "./trace-events.ts";
import { eventLine, longestFirst, millis, namer } from "./trace-parts.ts";

type Traced = Pick<Running, "id" | "plan" | "planSize">;

/** A stretch of time that is drawn to one scale. */
interface Span {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly start: bigint;
  readonly end: bigint;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Names come from configs and programs. What is not seen, or changes how the page reads, is shown as its code. */
function escapeText(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Surrogate}\u2800]|(?! )\p{Zs}/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
  return visible.replace(/[&<>"]/g, (char) => entities[char] ?? char);
}

const processOf = (phase: Phase): "launcher" | "init" => (phase === "host" || phase === "parent" ? "launcher" : "init");

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function spanOf(title: string, steps: readonly Step[], end: bigint): readonly Span[] {
  const [first] = steps;
  return first === undefined ? [] : [{ title, steps, start: first.start, end }];
}

/** The life of the container is not drawn: beside it nothing of the set-up could be seen. */
function spansOf(steps: readonly Step[]): readonly Span[] {
  const wait = steps.find(({ op }) => op.op === "wait");
  const isAfter = ({ start }: Step): boolean => wait !== undefined && wait.end !== 0n && start >= wait.end;
  const before = steps.filter((step) => !isAfter(step));
  const after = steps.filter(isAfter);
  const endOf = (list: readonly Step[]): bigint =>
    list.reduce((end, step) => later(end, isWaiting(step.op) ? step.start : later(step.start, step.end)), 0n);
  return [...spanOf("Until the program runs", before, endOf(before)), ...spanOf("After its end", after, endOf(after))];
}

function row(step: Step, { start, end }: Span, nameOf: (op: PlanOp) => string): string {
  const whole = Number(end - start) || 1;
  const percent = (from: bigint): number => Math.min(100, (Number(from - start) / whole) * 100);
  const [left, right] = [percent(step.start), percent(later(step.start, step.end))];
  const process = processOf(step.op.phase);
  const kind = isWaiting(step.op) ? `${process} waits` : process;
  const cells = [
    `${step.index}`,
    escapeText(nameOf(step.op)),
    step.op.phase,
    process,
    millis(step.start - start),
    millis(durationOf(step)),
  ].map((text) => `<td>${text}</td>`);
  const bar = `<i class="${kind}" style="left:${left.toFixed(3)}%;width:${(right - left).toFixed(3)}%"></i>`;
  return `<tr>${cells.join("")}<td class="time">${bar}</td></tr>`;
}

function section(span: Span, nameOf: (op: PlanOp) => string): string {
  const head = ["", "op", "phase", "process", "begins", "takes", ""].map((text) => `<th>${text}</th>`).join("");
  const rows = span.steps.map((step) => row(step, span, nameOf)).join("\n");
  const title = `${span.title}: ${millis(span.end - span.start)}`;
  return `<details open><summary><h2>${title}</h2></summary>\n<table class="steps"><thead><tr>${head}</tr></thead><tbody>\n${rows}\n</tbody></table></details>`;
}

const style = `:root{color-scheme:light dark;--launcher:#3b6fb6;--init:#c4661f}
body{font:14px/1.4 system-ui,sans-serif;margin:2em}
table{border-collapse:collapse;width:100%}
th{text-align:left;position:sticky;top:0;background:Canvas}
th,td{padding:1px 8px 1px 0;white-space:nowrap}
.steps td:nth-child(1),.steps td:nth-child(5),.steps td:nth-child(6),.longest td{text-align:right;font-variant-numeric:tabular-nums}
.longest td:nth-child(2){text-align:left}
.longest{width:auto;margin-left:2em}
.events td:nth-child(1){text-align:right;width:6em}
.events td:nth-child(2){white-space:normal;overflow-wrap:anywhere}
summary{cursor:pointer}
summary h2{display:inline-block;margin:.4em 0}
tr:hover{background:#8883}
.time{position:relative;width:60%}
i{display:inline-block;height:10px;min-width:2px;vertical-align:middle}
.time i{position:absolute;top:5px}
i.launcher{background:var(--launcher)}
i.init{background:var(--init)}
i.waits{opacity:.25}
i.event{background:#5a8f3c;width:4px}
i.denied{background:#c0392b;width:4px}
.key{width:20px;margin:0 4px 0 12px}`;

/** Draws what took longest, what the program did and was denied, and when each op ran, in which process, and for how long. */
export function renderTracePage(
  { id, plan, planSize }: Traced,
  { trace, durationMs }: Exit,
  events: readonly DeniedEvent[] = [],
): string {
  const steps = inTime(readTrace(plan, trace));
  const nameOf = namer(plan.ops);
  const sections = [
    longestFirst(steps, ({ phase }) => processOf(phase), nameOf, escapeText),
    eventLine(events, durationMs, escapeText),
    ...spansOf(steps).map((span) => section(span, nameOf)),
  ].filter((text) => text !== "");
  const about = `${planSize} bytes, ${plan.ops.length} ops; ${durationMs.toFixed(2)} ms from launch to exit`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>coffer: ${escapeText(id)}</title>
<style>${style}</style></head>
<body><h1>${escapeText(id) || "A stored plan"}</h1>
<p>The plan of kind ${plan.kind}: ${about}.
<i class="key launcher"></i>launcher, outside<i class="key init"></i>init, inside<i class="key init waits"></i>waits for the other or for the container</p>
${sections.join("\n")}
</body></html>
`;
}

/**
 * Writes the timeline to a file.
 *
 * @throws {CofferError} E_IO
 */
export function writeTracePage(
  file: AwaitedFile,
  running: Traced,
  exit: Exit,
  events: readonly DeniedEvent[] = [],
): void {
  file.write(renderTracePage(running, exit, events));
}
