// The runner of mutants: it finds a change that a test notices, and knows which places a test file reaches.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { mutantsOf } from "../../scripts/mutants/changes.ts";
import { reachOf, testsFor } from "../../scripts/mutants/coverage.ts";
import { Worker } from "../../scripts/mutants/pool.ts";
import { repository } from "../helpers/build.ts";

const folder = "packages/core/src/egress";
const file = `${folder}/address.ts`;
const tests = [`${folder}/search.test.ts`, `${folder}/address.test.ts`];
const source = readFileSync(join(repository, file), "utf8");
const longest = [60_000, 60_000];

test("a mutant is one change, and its place is where the file differs", (t) => {
  const mutants = mutantsOf(folder, file, source);
  t.true(mutants.length > 10);
  for (const { text, at, line } of mutants) {
    t.is(text.slice(0, at), source.slice(0, at));
    t.not(text[at], source[at]);
    t.is(source.slice(0, at).split("\n").length, line);
  }
});

test("tests pass without a change, fail with one, and the next run is not touched by the last", async (t) => {
  const worker = new Worker();
  t.teardown(() => worker.end());
  const text = source.replaceAll("return true", "return false").replaceAll(" === ", " !== ");
  t.not(text, source);
  t.is((await worker.run({ tests, longest }))?.by, undefined);
  t.is((await worker.run({ tests, longest, file, text }))?.by, tests[1]);
  t.like(await worker.run({ tests, file, text: "export const (", longest }), { by: tests[1] });
  t.is((await worker.run({ tests, longest }))?.by, undefined);
});

test("a worker that does not answer in time is ended, and the next job gets another one", async (t) => {
  const worker = new Worker();
  t.teardown(() => worker.end());
  t.is(await worker.run({ tests, file, text: `${source}\nfor (;;) {}`, longest: [3_000, 3_000] }), undefined);
  t.is((await worker.run({ tests, longest }))?.by, undefined);
});

test("a test file reaches the mutants whose place it runs", async (t) => {
  const worker = new Worker();
  t.teardown(() => worker.end());
  const other = `${folder}/head.ts`;
  const text = readFileSync(join(repository, other), "utf8");
  const mutants = [...mutantsOf(folder, file, source), ...mutantsOf(folder, other, text)];
  const reach = await reachOf(worker, `${folder}/address.test.ts`, mutants);
  const reached = mutants.filter((mutant) => testsFor(mutant, [reach]).length > 0);
  t.true(reached.length > 0);
  t.true(reached.every((mutant) => mutant.file === file));
});
