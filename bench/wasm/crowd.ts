// Modules that wait: what one takes beside its linear memory, and how long until hundreds of them run at once.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { childrenOf, peakOf } from "../memory.ts";
import type { Answer } from "../sample.ts";
import { least, median } from "../sample.ts";

/** What is launched again and again: a stored plan. */
export interface Crowded {
  readonly argv: readonly string[];
  readonly plan: string;
}

const many = 200;

/** Where the linear memory of a module is (helper-c/wasm/wasi.h). */
const linearMemory = /^2000000000-[\s\S]*?^Rss:\s+(\d+) kB/m;

/** Starts a program that says when it runs. */
function start({ argv, plan }: Crowded): { readonly child: ChildProcess; readonly runs: Promise<void> } {
  const [file = "", ...args] = argv;
  const fd = openSync(plan, "r");
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit", fd] });
  closeSync(fd);
  const runs = new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (status) => reject(new Error(`it has ended with ${status}`)));
  });
  return { child, runs };
}

/** Lets a program end, and waits for that. */
async function end(child: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  if ((await over) !== 0) throw new Error("a program that waited has failed");
}

/** A launcher and its program: their peaks, and the linear memory of the program, in kB. */
function sizesOf(pid: number): { readonly launcher: number; readonly program: number; readonly linear: number } {
  const programs = childrenOf(pid);
  const linear = programs.map((one) => Number(linearMemory.exec(readFileSync(`/proc/${one}/smaps`, "utf8"))?.[1] ?? 0));
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return { launcher: peakOf(pid), program: sum(programs.map(peakOf)), linear: sum(linear) };
}

/** Memory of one that runs. */
export async function memoryOf(crowded: Crowded): Promise<Answer> {
  const { child, runs } = start(crowded);
  await runs;
  const { launcher, program, linear } = sizesOf(child.pid ?? 0);
  await end(child);
  return {
    title: "Memory of a WebAssembly module in its container",
    note: "VmHWM in kB of the launcher and of the program, and what of the program is the module's linear memory.",
    columns: ["kB", "launcher", "program", "linear memory"],
    rows: [["a module that waits", `${launcher}`, `${program}`, `${linear}`]],
    bounds: [
      { what: "peak above the module's own memory", value: launcher + program - linear, limit: 512, unit: " kB" },
    ],
  };
}

/** Milliseconds until as many run at once. */
async function gather(crowded: Crowded): Promise<number> {
  const began = performance.now();
  const all = Array.from({ length: many }, () => start(crowded));
  await Promise.all(all.map(({ runs }) => runs));
  const took = performance.now() - began;
  await Promise.all(all.map(({ child }) => end(child)));
  return took;
}

/** Milliseconds until as many have run, each behind the one before. */
async function queue(crowded: Crowded): Promise<number> {
  let took = 0;
  for (let left = many; left > 0; left -= 1) {
    const began = performance.now();
    const { child, runs } = start(crowded);
    await runs;
    took += performance.now() - began;
    await end(child);
  }
  return took;
}

/** Many at once, in turns with as many behind each other. */
export async function crowdOf(crowded: Crowded, rounds: number): Promise<Answer> {
  const atOnce: number[] = [];
  const inTurn: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    atOnce.push(await gather(crowded));
    inTurn.push(await queue(crowded));
  }
  const share = median(atOnce.map((one, round) => one / (inTurn[round] ?? Number.NaN)));
  const row = (name: string, values: readonly number[]): readonly string[] => [
    name,
    least(values).toFixed(0),
    median(values).toFixed(0),
  ];
  return {
    title: `${many} WebAssembly modules at once`,
    note: `Until the last of ${many} containers says that it runs, started by a process of Node. None has ended by then. Behind each other, each ends before the next one starts; the ends do not count.`,
    columns: ["ms", "min", "median"],
    rows: [row("at once", atOnce), row("behind each other", inTurn)],
    bounds: [{ what: `${many} modules at once / behind each other`, value: share, limit: 1, unit: "×" }],
  };
}
