// A time line of one run, or of two: by process and phase, each foldable, the longest first if asked.
import { byId, fill, h } from "../draw/dom.ts";
import type { Step } from "../read/trace.ts";
import { readSteps } from "../read/trace.ts";

interface Run {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly about: string;
}

const runs: Run[] = [];
const micros = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(1)} µs`;

interface Group {
  readonly process: string;
  readonly phase: string;
  readonly steps: readonly Step[];
  readonly start: number;
  readonly end: number;
  /** Time that is spent in ops that do not wait. */
  readonly own: number;
}

function groupsOf(steps: readonly Step[]): readonly Group[] {
  const byName = new Map<string, Step[]>();
  for (const step of steps) {
    const key = `${step.process}\n${step.phase}`;
    const list = byName.get(key);
    if (list === undefined) byName.set(key, [step]);
    else list.push(step);
  }
  return [...byName.values()].map((list) => ({
    process: list[0]?.process ?? "",
    phase: list[0]?.phase ?? "",
    steps: list,
    start: Math.min(...list.map(({ start }) => start)),
    end: Math.max(...list.map(({ end }) => end)),
    own: list.reduce((sum, { start, end, waits }) => sum + (waits ? 0 : end - start), 0),
  }));
}

/** The time that the line shows: up to the program's start, as its life would make all else invisible. What is later is at its end. */
function spanOf(steps: readonly Step[]): readonly [number, number] {
  const working = steps.filter(({ waits }) => !waits);
  const first = steps.find(({ name, waits }) => waits && name === "wait");
  const before = working.filter(({ start }) => first === undefined || start <= first.start);
  return [0, Math.max(1, ...before.map(({ end }) => end))];
}

function bar({ start, end, process, waits, isDenied }: Step, [from, to]: readonly [number, number]): HTMLElement {
  const percent = (at: number): number => Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100));
  const element = h("i", { class: `bar ${process}${waits ? " waits" : ""}${isDenied ? " denied" : ""}` });
  // What was denied is a moment: it has a width that is seen, also at the end of the line.
  const least = isDenied ? 0.6 : 0.15;
  element.style.left = `${Math.min(percent(start), 100 - least)}%`;
  element.style.width = `${Math.max(least, percent(end) - percent(start))}%`;
  return element;
}

function drawStep(step: Step, span: readonly [number, number]): HTMLElement {
  const label = h("span", { class: "line", title: step.sentence }, step.label);
  return h(
    "li",
    { class: step.isDenied ? "step bad" : "step" },
    label,
    h("span", { class: "time" }, step.isDenied ? `at ${micros(step.start)}` : micros(step.end - step.start)),
    h("span", { class: "track", "aria-hidden": "true" }, bar(step, span)),
  );
}

function drawGroup(group: Group, span: readonly [number, number], isOpen: boolean, byTime: boolean): HTMLElement {
  const { process, phase, steps, own } = group;
  const sorted = byTime ? steps : steps.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  const track = h("span", { class: "track", "aria-hidden": "true" }, ...steps.map((step) => bar(step, span)));
  const title = h("span", { class: "line" }, `${process}: ${phase} (${steps.length})`);
  const list = h("ul", { class: "steps" });
  const box = h(
    "details",
    { class: "group" },
    h(
      "summary",
      { class: "step" },
      title,
      h("span", { class: "time" }, steps.every(({ isDenied }) => isDenied) ? "" : micros(own)),
      track,
    ),
    list,
  );
  const open = (): void => {
    if (box.open && list.childElementCount === 0) list.append(...sorted.map((step) => drawStep(step, span)));
  };
  box.addEventListener("toggle", open);
  box.open = isOpen;
  return box;
}

const isByTime = (): boolean => {
  const box = byId("trace-order");
  return box instanceof HTMLSelectElement && box.value === "time";
};

function drawRun({ name, steps, about }: Run): HTMLElement {
  const span = spanOf(steps);
  const byTime = isByTime();
  const groups = groupsOf(steps);
  const sorted = byTime ? groups : groups.toSorted((a, b) => b.own - a.own);
  return h(
    "section",
    { class: "card wide" },
    h("h3", {}, name),
    h("p", { class: "faint" }, `${about}; the line shows ${micros(span[1])}`),
    ...sorted.map((group, at) => drawGroup(group, span, at === 0, byTime)),
  );
}

/** What two runs do not do in the same time: sums by what the ops are about, the largest difference first. */
function drawDifference(first: Run, second: Run): HTMLElement {
  const sums = new Map<string, [number, number]>();
  [first, second].forEach(({ steps }, side) => {
    for (const { label, start, end, waits } of steps) {
      if (waits) continue;
      const sum = sums.get(label) ?? [0, 0];
      sum[side] = (sum[side] ?? 0) + end - start;
      sums.set(label, sum);
    }
  });
  const rows = [...sums]
    .map(([label, [a, b]]) => ({ label, a, b, more: b - a }))
    .toSorted((x, y) => Math.abs(y.more) - Math.abs(x.more))
    .slice(0, 40)
    .map(({ label, a, b, more }) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("code", {}, label)),
        ...[micros(a), micros(b), `${more >= 0 ? "+" : "−"}${micros(Math.abs(more))}`].map((text) =>
          h("td", { class: "time" }, text),
        ),
      ),
    );
  const head = ["op", first.name, second.name, "difference"].map((text) => h("th", { scope: "col" }, text));
  return h(
    "section",
    { class: "card wide" },
    h("h3", {}, "What differs most"),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Differences" },
      h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    ),
  );
}

function draw(): void {
  const [first, second] = runs;
  const difference = first !== undefined && second !== undefined ? [drawDifference(first, second)] : [];
  fill(byId("trace-runs"), ...difference, ...runs.map(drawRun));
}

/** Shows a trace beside the one before it. */
export function addTrace(name: string, text: string): void {
  try {
    const { steps, about } = readSteps(text);
    runs.push({ name, steps, about });
    runs.splice(0, runs.length - 2);
    fill(byId("trace-error"));
    draw();
  } catch (error) {
    fill(
      byId("trace-error"),
      h("p", { class: "bad", role: "alert" }, error instanceof Error ? error.message : String(error)),
    );
  }
}

/** Makes the view. */
export function startTraceView(): void {
  byId("trace-order").addEventListener("change", draw);
  const pick = byId("trace-file");
  pick.addEventListener("change", () => {
    if (!(pick instanceof HTMLInputElement)) return;
    for (const file of pick.files ?? []) void file.text().then((text) => addTrace(file.name, text));
  });
}
