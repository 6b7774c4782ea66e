// ava with its TAP reporter, mended and made to say more. `ava --tap` of 8.0.1 ends itself when a test runs out of time or
// calls process.exit(): issue 3461 of ava. The reporter also names a line of ava as the place of a failure, and knows no
// durations.
//
//   node scripts/testing/ava.mjs [WORDS of ava...]
//
// Two comments are added to TAP 13: `# time=142ms` after a test that takes long, and `# file=PATH time=1234ms` after the
// last test of a file.
import { fileURLToPath } from "node:url";
import run from "../../node_modules/ava/lib/cli.js";
import TapReporter from "../../node_modules/ava/lib/reporters/tap.js";

/** A shorter test has no comment with its duration, in milliseconds. */
const longTest = 100;

/** How many places of a stack are printed. */
const deepest = 4;

const root = fileURLToPath(new URL("../..", import.meta.url));
const { writeTest, consumeStateChange } = TapReporter.prototype;
const started = new Map();

/** The places of a stack that are in this repository, the innermost first, on the one line that the reporter tells. */
function placesOf(stack = "") {
  const lines = stack.split("\n").filter((line) => /^\s+at .*:\d+\)?$/.test(line));
  const own = lines.filter((line) => !/node_modules|node:/.test(line)).slice(0, deepest);
  const places = own.map((line) => line.replace(/^\s+at /, "").replace(`file://${root}`, ""));
  return places.join(" < ") || "no place of this repository";
}

/** An error of the reporter itself, in the form in which it gets those of tests. */
const ownError = (message) => ({ type: "native", name: "Error", originalError: new Error(message) });

function writePending(reporter, pendingTests, message) {
  for (const [testFile, titles] of pendingTests)
    for (const title of titles) reporter.writeTest({ testFile, title, err: ownError(message) }, { passed: false });
}

Object.assign(TapReporter.prototype, {
  writeTest(event, flags) {
    const err = event.err && { ...event.err, stack: `Error\n at ${placesOf(event.err.stack)}` };
    writeTest.call(this, { ...event, err, title: event.title.replaceAll("\n", " ") }, flags);
    if (event.duration >= longTest) this.reportStream.write(`# time=${Math.round(event.duration)}ms\n`);
  },
  writeTimeout({ pendingTests, period }) {
    writePending(this, pendingTests, `did not end: no test ended for ${period / 1000} s`);
  },
  writeProcessExit({ pendingTests, testFile }) {
    writePending(this, pendingTests, `did not end: ${this.relativeFile(testFile)} called process.exit()`);
  },
  consumeStateChange(event) {
    const { testFile, type } = event;
    if (testFile !== undefined && !started.has(testFile)) started.set(testFile, Date.now());
    consumeStateChange.call(this, event);
    if (type === "worker-finished" || type === "worker-failed")
      this.reportStream.write(`# file=${this.relativeFile(testFile)} time=${Date.now() - started.get(testFile)}ms\n`);
  },
});

process.argv.push("--tap");
await run();
