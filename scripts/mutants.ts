// `npm run mutants`: changes the sources of core and spec in one place at a time, in a copy. The unit tests that import the
// changed file must fail. Prints what survived and the score of each folder, and writes the scores to docs/testing.md.
//
//   npm run mutants -- [--sample N] [FOLDERS or FILES...]      N mutants of each folder; all without
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutants/changes.ts";
import { mutantsOf } from "./mutants/changes.ts";
import { recordScores } from "./mutants/scores.ts";
import { importersOf, known } from "./testing/changed.mjs";

const root = join(import.meta.dirname, "..");
const core = "packages/core/src";
const folders = [
  "packages/spec/src",
  ...["wire", "plan", "verify", "policy", "criu", "host", "runtime/store"].map((name) => `${core}/${name}`),
];

/** A mutant whose tests take longer, in milliseconds, has made a loop without an end: a run of the tests notices. */
const longest = 300_000;

/** Takes half a minute for each mutant, and looks at texts that others of its folder look at too. */
const left = "packages/spec/src/differential.test.ts";

/** The packages of npm. Those of this workspace are the copy's own, and so is the cache of ava. */
function linkPackages(copy: string): void {
  mkdirSync(join(copy, "node_modules/@coffer"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== ".cache" && name !== "@coffer")
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
  for (const name of ["spec", "core"])
    symlinkSync(join(copy, "packages", name), join(copy, "node_modules/@coffer", name));
}

/** A copy of what the unit tests read, in which one file is changed. */
function copySources(): string {
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  linkPackages(copy);
  for (const name of ["packages", "scripts", "test/golden", "test/helpers", "test/quick.js", "test/durations.json"])
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/\/(?:dist|bundle|node_modules)$/.test(path),
    });
  for (const name of ["package.json", "ava.config.js"]) cpSync(join(root, name), join(copy, name));
  return copy;
}

/** Whether the tests pass. A worker of ava that loops does not end with ava: the whole group of processes is ended. */
function passes(copy: string, tests: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const argv = ["--fail-fast", ...tests];
    const child = spawn(join(root, "node_modules/.bin/ava"), argv, { cwd: copy, stdio: "ignore", detached: true });
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), longest);
    child.on("exit", (status) => {
      clearTimeout(timer);
      resolve(status === 0);
    });
  });
}

/** Without a change the tests must pass, or every mutant would be found. */
async function checkUnchanged(mutants: readonly Mutant[]): Promise<void> {
  const copy = copySources();
  const tests = [...new Set(mutants.flatMap(({ file }) => testsOf(file)))];
  const good = tests.length === 0 || (await passes(copy, tests));
  rmSync(copy, { recursive: true, force: true });
  if (!good) throw new Error(`without a change these fail: npx ava ${tests.join(" ")}`);
}

/** The unit tests that import a file, directly or not; those of its own folder first. */
function testsOf(file: string): readonly string[] {
  const found = importersOf([file]);
  const tests = known("packages/*.test.ts").filter((test) => found.has(test) && test !== left && !test.includes("/_"));
  const folder = file.slice(0, file.lastIndexOf("/"));
  return tests.toSorted((a, b) => Number(b.startsWith(folder)) - Number(a.startsWith(folder)));
}

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

async function work(queue: Mutant[], survivors: Mutant[]): Promise<void> {
  const copy = copySources();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { file, line, what, text } = mutant;
      writeFileSync(join(copy, file), text);
      if (await passes(copy, testsOf(file))) {
        survivors.push(mutant);
        console.log(`survived: ${file}:${line} ${what}: ${text.split("\n")[line - 1]?.trim()}`);
      }
      cpSync(join(root, file), join(copy, file));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { sample: { type: "string" } } });
const mutants = chosen(positionals, Number(values.sample ?? Number.POSITIVE_INFINITY));
const survivors: Mutant[] = [];
const queue = [...mutants];
await checkUnchanged(mutants);
await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue, survivors)));
for (const line of recordScores(join(root, "docs/testing.md"), mutants, survivors, values.sample)) console.log(line);
