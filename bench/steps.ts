// What one launch does when: each op's time as the helper reports it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "./plot/timeline.ts";
import { timeline } from "./plot/timeline.ts";
import type { Answer } from "./sample.ts";
import { median } from "./sample.ts";
import { coffer, makeStage, stateOf } from "./setup.ts";

/** What `coffer run --trace=FILE.json` writes. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly cat?: string;
  readonly pid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: { readonly name?: string; readonly op?: number; readonly waits?: boolean };
}

/** The steps of one launch, by their ops. */
function stepsOf(events: readonly TraceEvent[]): ReadonlyMap<number, Step> {
  const processes = new Map(events.flatMap(({ ph, pid, args }) => (ph === "M" ? [[pid, args?.name ?? ""]] : [])));
  return new Map(
    events.flatMap(({ name, ph, cat, pid, ts, dur, args }) => {
      if (ph !== "X" || args?.op === undefined) return [];
      const process = processes.get(pid) ?? "";
      const step = { name, phase: cat ?? "", process, start: ts ?? 0, duration: dur ?? 0, waits: args.waits === true };
      return [[args.op, step] as const];
    }),
  );
}

/** Each op's median start and duration: the launches are of the same plan. */
function middle(launches: readonly ReadonlyMap<number, Step>[]): readonly Step[] {
  const [first = new Map<number, Step>()] = launches;
  return [...first].map(([op, step]) => {
    const all = launches.flatMap((launch) => launch.get(op) ?? []);
    const start = median(all.map((one) => one.start));
    return { ...step, start, duration: median(all.map((one) => one.duration)) };
  });
}

/** The steps of a run of the default config. */
export function launchSteps(rounds: number): Answer {
  const stage = makeStage("steps");
  const file = join(stage.base, "trace.json");
  try {
    const launches = Array.from({ length: rounds }, () => {
      coffer("run", "--root", stateOf(stage, "steps"), `--trace=${file}`, "--bundle", stage.bundle, "steps");
      return stepsOf(JSON.parse(readFileSync(file, "utf8")).traceEvents);
    });
    const steps = middle(launches);
    const phases = [...new Set(steps.map(({ phase }) => phase))];
    const rows = phases.map((phase) => {
      const own = steps.filter((step) => step.phase === phase && !step.waits);
      return [phase, String(own.length), own.reduce((sum, { duration }) => sum + duration, 0).toFixed(0)];
    });
    return {
      title: "The steps of one launch",
      note: `Each op's median of ${rounds} runs with \`--trace\`. Pale ops wait for the other process, and the table leaves them out.`,
      columns: ["phase", "ops", "µs"],
      rows,
      bounds: [],
      picture: timeline("The steps of one launch", steps),
    };
  } finally {
    stage.end();
  }
}
