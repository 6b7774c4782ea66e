import { readdirSync, readFileSync } from "node:fs";
import { openRuntime, verbs } from "@coffer/core";
import type { Runtime } from "../../packages/core/src/runtime/runtime.ts";
import { pause } from "../../test/helpers/command.ts";
import { killedFront, killingRuntime } from "./killing.ts";
import type { Stage } from "./stage.ts";
import { leftOf, makeStage } from "./stage.ts";

export type SoakOptions = { readonly containers: number; readonly workers: number };

/** What the driving process itself holds. */
type Weight = { readonly rss: number; readonly heap: number; readonly fds: number };

export type SoakResult = SoakOptions & {
  readonly seconds: number;
  readonly killed: { readonly launchers: number; readonly fronts: number };
  /** Milliseconds a container, of the first and the last tenth. */
  readonly first: number;
  readonly last: number;
  /** The same in CPU time of the driving process and of those that it has started: a busy machine changes it little. */
  readonly cpu: { readonly first: number; readonly last: number };
  /** After the first tenth, and in the end. */
  readonly before: Weight;
  readonly after: Weight;
  readonly left: readonly string[];
};

/** One in so many has its launcher killed, one in so many its front. */
const every = { launcher: 10, front: 200 } as const;
const ignore = ["ignore", "ignore", "ignore"] as const;

function weigh(): Weight {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss >> 20, heap: heapUsed >> 20, fds: readdirSync("/proc/self/fd").length };
}

/** Milliseconds, by the clock and of CPU time. */
type Mark = { readonly clock: number; readonly cpu: number };
const mark = (): Mark => ({ clock: performance.now(), cpu: cpuTime() });

/** Milliseconds of CPU time so far. */
function cpuTime(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime, stime, cutime, cstime: proc_pid_stat(5), in hundredths of a second.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}

async function live(runtime: Runtime, { bundle }: Stage, id: string): Promise<void> {
  await verbs.create(runtime, { id, bundle, stdio: ignore });
  await verbs.start(runtime, id);
  const process = await verbs.exec(runtime, { id, args: ["/probe", "exit", "3"], stdio: ignore });
  const { status } = await process.wait();
  if (status !== 3) throw new Error(`exec ended with ${status}`);
  await verbs.kill(runtime, id, { signal: "KILL" });
}

/** The life of one container; who is killed fails, and nobody else. */
async function one(stage: Stage, index: number, killed: { launchers: number; fronts: number }): Promise<void> {
  const id = `${stage.tag}-${index}`;
  const runtime = openRuntime({ root: stage.root });
  if (index % every.front === every.front - 1) {
    killed.fronts += 1;
    await killedFront(stage.root, stage.bundle, id, 1000);
  } else if (index % every.launcher === every.launcher - 1) {
    killed.launchers += 1;
    await live(killingRuntime(stage.root, 20), stage, id).catch(() => {});
  } else await live(runtime, stage, id);
  await verbs.remove(runtime, id, { force: true });
}

/** Runs it, and looks at what is left. */
export async function soak({ containers, workers }: SoakOptions): Promise<SoakResult> {
  const stage = makeStage();
  const killed = { launchers: 0, fronts: 0 };
  const began = performance.now();
  const marks = new Map<number, Mark>([[0, mark()]]);
  let next = 0;
  let ended = 0;
  let before = weigh();
  const tenth = Math.max(1, Math.floor(containers / 10));
  const work = async (): Promise<void> => {
    for (let index = next++; index < containers; index = next++) {
      await one(stage, index, killed);
      ended += 1;
      marks.set(ended, mark());
      if (ended === tenth) before = weigh();
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, work));
    const between = (from: number, to: number, of: keyof Mark): number =>
      ((marks.get(to)?.[of] ?? 0) - (marks.get(from)?.[of] ?? 0)) / (to - from);
    const parts = (of: keyof Mark): { readonly first: number; readonly last: number } => ({
      first: between(0, tenth, of),
      last: between(containers - tenth, containers, of),
    });
    const seconds = (performance.now() - began) / 1000;
    for (let tries = 0; tries < 100 && leftOf(stage).length > 0; tries += 1) await pause(50);
    return {
      containers,
      workers,
      seconds,
      killed,
      ...parts("clock"),
      cpu: parts("cpu"),
      before,
      after: weigh(),
      left: leftOf(stage),
    };
  } finally {
    stage.end();
  }
}

/** What is not as it has to be. Times are printed, not judged: the machine may have had other things to do. */
export function soakFailures({ left, before, after }: SoakResult): readonly string[] {
  const failures = left.map((what) => `left: ${what}`);
  if (after.fds > before.fds) failures.push(`descriptors: ${before.fds}, then ${after.fds}`);
  if (after.heap > before.heap + 16) failures.push(`heap: ${before.heap} MiB, then ${after.heap}`);
  return failures;
}

const change = (first: number, last: number): string =>
  `${first.toFixed(2)} ms in the first tenth, ${last.toFixed(2)} ms in the last (${((last / first - 1) * 100).toFixed(1)} %)`;

export function printSoak(result: SoakResult): string {
  const { containers, workers, seconds, killed, first, last, cpu, before, after, left } = result;
  return [
    `containers: ${containers}, workers: ${workers}, ${seconds.toFixed(1)} s, as user ${process.getuid?.()}`,
    `killed: ${killed.launchers} launchers, ${killed.fronts} fronts; left: ${left.length}`,
    `a container: ${change(first, last)}`,
    `CPU time of a container: ${change(cpu.first, cpu.last)}`,
    `rss ${before.rss} → ${after.rss} MiB, heap ${before.heap} → ${after.heap} MiB, descriptors ${before.fds} → ${after.fds}`,
  ].join("\n");
}
