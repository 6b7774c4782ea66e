// The runner of the tests: what each way of passing, failing and not ending is counted as.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readTap } from "../../scripts/testing/tap.mjs";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { isLaunch } from "../helpers/runner/launches.ts";
import { quick } from "../quick.js";

const files = {
  "results.test.js": `
    test("passes", (t) => t.pass());
    test("skips", (t) => { t.pass(); t.log("skipped: needs a thing"); });
    test.skip("is marked", (t) => t.pass());
    test.todo("is to come");
    test("is other", (t) => { t.log("a word"); t.is(1, 2, "one is two"); });
    test("throws", async () => { throw new TypeError("two\\nlines"); });`,
  "exits.test.js": `test("exits", () => process.exit(3));`,
  "killed.test.js": `test("is killed", () => process.kill(process.pid, "SIGKILL"));`,
  "broken.test.js": `import "./none.js"; test("is not run", (t) => t.pass());`,
  "waits.test.js": `test("waits", () => new Promise(() => setTimeout(() => {}, 1e6)));`,
};

test("the runner counts what passes, fails, skips and does not end, and knows why", async (t) => {
  mkdirSync(join(repository, "test/.cache"), { recursive: true });
  const cwd = mkdtempSync(join(repository, "test/.cache/runner-"));
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "package.json"), `{ "type": "module" }`);
  const config = { files: ["*.test.js"], workerThreads: false, concurrency: 1, timeout: "3s" };
  writeFileSync(join(cwd, "ava.config.js"), `export default ${JSON.stringify(config)};`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), `import test from "ava";\n${text}`);
  const { stdout, exitCode } = await command([process.execPath, join(repository, "scripts/testing/ava.mjs")], { cwd });
  t.is(exitCode, 1);

  const { passed, failures, skipped, files: durations, isWhole } = readTap(stdout);
  t.true(isWhole);
  t.is(passed, 1);
  t.deepEqual(skipped, [
    { title: "results › is marked", reason: "marked" },
    { title: "results › is to come", reason: "marked" },
    { title: "results › skips", reason: "skipped: needs a thing" },
  ]);
  const detailsOf = (title: string): string => failures.find((one) => one.title === title)?.details.join("\n") ?? title;
  t.regex(detailsOf("results › is other"), /- 1\n.*\+ 2\n.*one is two\n.*results\.test\.js:7:\d+.\na word$/);
  t.regex(detailsOf("results › throws"), /two.*\n.*lines/);
  t.regex(detailsOf("exits › exits"), /did not end: exits\.test\.js called process\.exit/);
  t.regex(detailsOf("waits › waits"), /did not end: no test ended for 3 s/);
  const titles = failures.map(({ title }) => title).join("\n");
  t.regex(titles, /^killed\.test\.js exited due to SIGKILL$/m);
  t.regex(titles, /^broken\.test\.js exited with a non-zero exit code: 1$/m);
  t.deepEqual(Object.keys(durations).sort(), Object.keys(files).sort());
});

test("an output that was cut is not whole", (t) => {
  t.false(readTap("TAP version 13\nok 1 - a\n").isWhole);
});

test("npm test runs a part of every area", (t) => {
  const others = ["clients", "vm"];
  const names = readdirSync(join(repository, "test"), { recursive: true, encoding: "utf8" });
  const areas = new Set(
    names.filter((name) => /^\w[\w-]*\/.*\.test\.ts$/.test(name)).map((name) => name.split("/")[0]),
  );
  const sampled = new Set(quick.map((file) => file.split("/")[1]));
  t.deepEqual(
    [...areas].filter((area) => area !== undefined && !sampled.has(area) && !others.includes(area)),
    [],
  );
});

const launches = [
  [["node", "/x/packages/cli/bin/coffer.js", "--root", "/r", "run", "c"], true],
  [["sh", "-c", "exec", "sh", "node", "bin/coffer-oci.js", "exec", "c", "true"], true],
  [["coffer", "state", "c"], false],
  [["coffer", "plan", "bundle"], false],
  [["/x/coffer-helper-x86_64", "launch", "--plan-fd", "3"], true],
  [["/x/coffer-helper-x86_64", "verify"], false],
  [["runc", "run", "c"], false],
] as const;

for (const [words, expected] of launches)
  test(`${words.join(" ")} is ${expected ? "a" : "no"} launch`, (t) => t.is(isLaunch(words), expected));
