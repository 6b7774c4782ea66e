// `npm run mutants`: changes the sources of core and spec in one place at a time. The unit tests that run the changed place must
// fail. Nothing is written but docs/testing.md: the tests run in a process that gets the changed text instead of the file
// (mutants/hooks.mjs). Prints what survived and the score of each folder.
//
//   npm run mutants -- [--sample N] [--workers N] [FOLDERS or FILES...]      N mutants of each folder; all without
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutants/changes.ts";
import { mutantsOf } from "./mutants/changes.ts";
import type { Reach } from "./mutants/coverage.ts";
import { reachOf, testsFor } from "./mutants/coverage.ts";
import { Worker } from "./mutants/pool.ts";
import { recordScores } from "./mutants/scores.ts";
import { importersOf, known } from "./testing/changed.mjs";

const root = join(import.meta.dirname, "..");
const core = "packages/core/src";
const folders = [
  "packages/spec/src",
  ...["wire", "plan", "verify", "policy", "criu", "host", "runtime/store"].map((name) => `${core}/${name}`),
];

/** Tests that take half a minute, and the files that they are for. They compare two readers of one schema. */
const slow: readonly (readonly [test: string, of: RegExp])[] = [
  ["packages/spec/src/differential.test.ts", /^$/],
  ["packages/spec/src/reading/reader.test.ts", /\/src\/(?:json\/|reading\/(?:reader|absent))/],
];

const isFor = (test: string, file: string): boolean => slow.every(([name, of]) => name !== test || of.test(file));

/** So many of a folder, the same ones each time as long as the sources are the same. */
function sampled(mutants: readonly Mutant[], count: number): readonly Mutant[] {
  return mutants.toSorted((a, b) => a.key.localeCompare(b.key)).slice(0, count);
}

const sources = known("packages/*.ts").filter((file) => !/\.test\.ts$|\.gen\.ts$|\/testing\//.test(file));

function chosen(words: readonly string[], count: number): readonly Mutant[] {
  const isAsked = (file: string): boolean => words.length === 0 || words.some((word) => file.startsWith(word));
  return folders.flatMap((folder) => {
    const files = sources.filter((file) => file.startsWith(`${folder}/`) && isAsked(file));
    return sampled(
      files.flatMap((file) => mutantsOf(folder, file, readFileSync(join(root, file), "utf8"))),
      count,
    );
  });
}

/** The unit tests that import one of the files, directly or not. */
function testsOf(files: readonly string[]): readonly string[] {
  const found = importersOf(files);
  return known("packages/*.test.ts").filter(
    (test) => found.has(test) && !test.includes("/_") && files.some((file) => isFor(test, file)),
  );
}

/** Runs a function for every item of a queue, with all workers. */
async function each<Item>(items: readonly Item[], run: (worker: Worker, item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    const worker = new Worker();
    try {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(worker, item);
    } finally {
      worker.end();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** Whether the tests that reach a mutant pass. A mutant that makes a loop without an end is found. */
async function survives(worker: Worker, mutant: Mutant, reaches: readonly Reach[]): Promise<boolean> {
  const found = testsFor(mutant, reaches).filter(({ test }) => isFor(test, mutant.file));
  if (found.length === 0) return true;
  const { file, text } = mutant;
  const longest = found.map(({ ms }) => 10_000 + 5 * ms);
  const answer = await worker.run({ tests: found.map(({ test }) => test), longest, file, text });
  return answer !== undefined && answer.by === undefined;
}

function print({ file, line, what, text }: Mutant): void {
  console.log(`survived: ${file}:${line} ${what}: ${text.split("\n")[line - 1]?.trim()}`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: "string" }, workers: { type: "string" } },
});
const workers = Number(values.workers ?? availableParallelism());
const mutants = chosen(positionals, Number(values.sample ?? Number.POSITIVE_INFINITY));
const reaches: Reach[] = [];
await each(testsOf([...new Set(mutants.map(({ file }) => file))]), async (worker, test) => {
  reaches.push(await reachOf(worker, test, mutants));
});
const survivors: Mutant[] = [];
await each(mutants, async (worker, mutant) => {
  if (!(await survives(worker, mutant, reaches))) return;
  survivors.push(mutant);
  print(mutant);
});
for (const line of recordScores(join(root, "docs/testing.md"), mutants, survivors, values.sample)) console.log(line);
