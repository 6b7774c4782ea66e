// Runs test files in this process, with ava's own runner and assertions. A message has the number of a run, the files, and the
// text of a changed file. The answer says which file failed first. With `places` the answer says which of these places ran.
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { set as setChalk } from "../../node_modules/ava/lib/chalk.js";
import { now } from "./hooks.mjs";

setChalk({ level: 0 });
const { default: Runner } = await import("../../node_modules/ava/lib/runner.js");
const root = join(import.meta.dirname, "../..");
const session = new Session();
session.connect();

/** What went wrong outside of a test: an error that nobody caught. */
let stray;
process.on("uncaughtException", (error) => {
  stray = error;
});
process.on("unhandledRejection", (error) => {
  stray = error;
});

/** The first failure of a file; undefined if the file passes. */
async function failureOf(file) {
  const runner = new Runner({ failFast: true, file: join(root, file), match: [], projectDir: root });
  let failure;
  runner.on("stateChange", ({ data }) => {
    if (data.type === "test-failed" || data.type === "hook-failed") failure ??= data.title;
  });
  const finished = Promise.race([runner.once("finish"), runner.once("error").then(() => (failure ??= "the runner"))]);
  stray = undefined;
  now.chain = runner.chain;
  try {
    await import(`${pathToFileURL(join(root, file)).href}`);
  } catch (error) {
    return `not loaded: ${error}`;
  }
  await finished;
  return failure ?? (stray === undefined ? undefined : `${stray}`);
}

/** The places of a file, as offsets, whose innermost block ran. */
function ran(script, places) {
  const ranges = script.functions.flatMap((one) => one.ranges);
  return places.filter((place) => {
    const around = ranges.filter((range) => range.startOffset <= place && place < range.endOffset);
    const inner = around.toSorted((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))[0];
    return inner === undefined || inner.count > 0;
  });
}

async function coverage(places) {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const scripts = result.filter(({ url }) => url.endsWith(`?run=${now.run}`));
  return Object.entries(places).flatMap(([file, offsets]) => {
    const script = scripts.find(({ url }) => url === `${pathToFileURL(join(root, file)).href}?run=${now.run}`);
    return script === undefined ? [] : [[file, ran(script, offsets)]];
  });
}

async function run({ file = "", text = "", tests, places }) {
  Object.assign(now, { run: now.run + 1, file, text });
  if (places !== undefined) {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }
  for (const [begun, test] of tests.entries()) {
    process.send({ begun });
    const failure = await failureOf(test);
    if (failure !== undefined) return { by: test, failure };
  }
  return places === undefined ? {} : { covered: await coverage(places) };
}

// The parent has ended.
process.on("disconnect", () => process.exit());
process.on("message", async (message) => {
  const begun = performance.now();
  const answer = await run(message);
  process.send({ ...answer, ms: performance.now() - begun, heap: process.memoryUsage().rss });
});
