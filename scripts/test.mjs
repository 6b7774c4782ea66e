// `npm test`: installs what is missing, builds, checks, and runs every test. Plain JavaScript, for Node 20 with nothing
// installed. The last line is `N passed, N failed, N skipped`; the exit status is 0 only if nothing failed.
//
//   node scripts/test.mjs [--no-check] [FILES for ava...]
//
// Environment: MUST_WORK=1 makes a skip a failure unless test/allowed-skips.json names it. COFFER_TESTS has the groups of
// ava.config.js that are run, one after the other: `main` unless it is set.
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingPackages } from "./npm.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, FORCE_COLOR: "0", CI: "1" };

const groups = (process.env.COFFER_TESTS || "main").split(/[ ,]+/);
const started = Date.now();
const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;

/** Runs a program; what it prints goes to the terminal and to a file as it comes, and is the result's text. */
function run(argv, more = {}, log = undefined) {
  const out = log && createWriteStream(log);
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const take = (chunk) => {
      text += chunk;
      out?.write(chunk);
      process.stdout.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", (error) => resolve({ status: 127, text: `${text}${error.message}\n` }));
    child.on("close", (status) => resolve({ status, text }));
  });
}

/** What of a failure, and of all of them, is told again at the end: the last hundred lines are what a reader of CI sees. */
const most = { each: 20, all: 72 };

/** The first lines of a text, or the last ones, but for empty ones and the places in programs of others. */
function cut(text, count, isEnd = false) {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s+at .*(node_modules|node:)/.test(line));
  const left = lines.length - count;
  if (left <= 0) return lines;
  const told = `  … ${left} lines more`;
  return isEnd ? [told, ...lines.slice(-count)] : [...lines.slice(0, count), told];
}

/** Runs a step; undefined if it succeeded, else what failed. */
async function step(title, argv) {
  console.log(`# ${title} (${seconds()})`);
  const { status, text } = await run(argv);
  if (status === 0) return undefined;
  console.log(`not ok: ${title}: status ${status}`);
  return { title, details: cut(text, most.each, true) };
}

const isInstalled = () =>
  existsSync(join(root, "node_modules", ".package-lock.json")) &&
  existsSync(join(bin, "ava")) &&
  missingPackages(root).length === 0;

/** Debian packages and the test user, where this process may install them. */
async function prepareSystem() {
  const script = join(root, "scripts", "setup-system.sh");
  if (spawnSync("sh", [script, "--check", ...groups], { stdio: "ignore" }).status === 0) return undefined;
  if (process.getuid() === 0 && existsSync("/usr/bin/apt-get")) return step("packages", ["sh", script, ...groups]);
  console.log(
    "# some Debian packages are missing (scripts/setup-system.sh as root installs them): tests that need them skip",
  );
  return undefined;
}

/** Reads what ava prints. A test that passes with the note `skipped: …` is a skip. */
function readOutput(text) {
  const counts = { passed: 0, failures: [], skipped: [] };
  let last;
  for (const line of text.split("\n")) {
    const result = /^\s+([✔✘-]) (?:\[(fail|skip|todo)[^\]]*\]:? ?)?(.*?)(?: \(([\d.]+m?s|[\dm s]+)\))?$/.exec(line);
    if (result !== null && (result[1] !== "-" || result[2] !== undefined)) {
      const [, mark, , title] = result;
      last = mark === "✔" ? title : undefined;
      if (mark === "✔") counts.passed += 1;
      else if (mark === "✘") counts.failures.push(title);
      else counts.skipped.push({ title, reason: "marked" });
      continue;
    }
    if (/^ {2}◌ /.test(line)) counts.failures.push(`${line.trim().slice(2)} (did not end)`);
    const note = /^\s+ℹ (skipped: .*)$/.exec(line);
    if (note === null || last === undefined) continue;
    counts.passed -= 1;
    counts.skipped.push({ title: last, reason: note[1] });
    last = undefined;
  }
  return counts;
}

/** What ava says of each failure: of a test's between its rules, with what the test has logged; of what nobody caught where it came. */
function readDetails(text) {
  const [list = "", ...sections] = text.split(/^ {2}─$/m).slice(0, -1);
  const events = list.split(/\n(?= {2}(?:[✔✘◌-] |Un(?:caught|handled) ))/);
  const uncaught = events.filter((one) => /^ {2}Un(caught|handled) /.test(one));
  const logs = [...list.matchAll(/^ {2}✘ (?:\[fail\]: )?(.*)\n((?: {4}.*\n)+)/gm)];
  const failures = sections.flatMap((section) => section.split(/\n{4,}/)).filter((one) => one.trim() !== "");
  const blocks = [...uncaught, ...failures].map((one) => {
    const title = one.trim().split("\n", 1)[0];
    const logged = logs.find(([, own]) => own.startsWith(title))?.[2] ?? "";
    return [...cut(one, most.each), ...cut(logged, most.each / 4), ""];
  });
  const lines = blocks.flat();
  return lines.length > most.all ? [...lines.slice(0, most.all), "… more above, and in .cache/test-GROUP.log"] : lines;
}

/**
 * Removes the cgroups of test processes that are gone, and their common parent: a run that was killed cannot do that itself.
 * The name of each has the number of its process (test/helpers/bundle.ts).
 */
function sweepCgroups() {
  if (process.getuid() !== 0) return;
  const script = `cd /sys/fs/cgroup || exit 0
    for parent in coffer-test */coffer-test; do
      for group in "$parent"/cft-*; do
        pid=\${group##*/cft-}
        [ ! -d "$group" ] || [ -e "/proc/\${pid%%-*}" ] || find "$group" -depth -type d -delete 2>/dev/null
      done
      [ ! -d "$parent" ] || rmdir "$parent" 2>/dev/null
    done`;
  spawnSync("sh", ["-c", script], { stdio: "ignore" });
}

/** Runs the tests of a group. */
async function runAva(group, files) {
  console.log(`# tests: ${group} (${seconds()})`);
  const log = join(root, ".cache", `test-${group}.log`);
  mkdirSync(dirname(log), { recursive: true });
  const { status, text } = await run([join(bin, "ava"), ...files], { COFFER_TESTS: group }, log);
  return { status, text, ...readOutput(text), details: readDetails(text) };
}

function report(counts, steps) {
  // A skip with a reason went through needs(), which knows the allowed ones; one that a test just marks has none.
  if (process.env.MUST_WORK === "1")
    for (const { title, reason } of counts.skipped) if (reason === "marked") counts.failures.push(`${title} (skipped)`);
  for (const { title, reason } of counts.skipped) console.log(`skip: ${title}: ${reason}`);
  for (const { title, details } of steps) for (const line of [`# what failed: ${title}`, ...details]) console.log(line);
  for (const line of counts.details) console.log(line);
  for (const title of counts.failures) console.log(`failed: ${title}`);
  for (const { title } of steps) console.log(`failed: ${title}`);
  const failed = counts.failures.length + steps.length;
  const nothing = counts.passed + failed === 0;
  console.log(`# ${seconds()}`);
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : "";
  console.log(`${counts.passed} passed, ${failed} failed${skipped}`);
  return failed > 0 || nothing ? 1 : 0;
}

const args = process.argv.slice(2);
const check = !args.includes("--no-check");
const files = args.filter((arg) => arg !== "--no-check");
const failed = [];
const need = async (title, ...argv) => {
  failed.push(await step(title, argv));
};

if (!isInstalled()) await need("npm ci", process.execPath, join(root, "scripts", "npm.mjs"), "ci");
failed.push(await prepareSystem());
await need("build", "npm", "run", "--silent", "build");
if (check) await need("check", "npm", "run", "--silent", "check");

sweepCgroups();
const counts = { passed: 0, failures: [], skipped: [], details: [] };
for (const group of groups) {
  const { status, text, passed, failures, skipped, details } = await runAva(group, files);
  if (status !== 0 && failures.length === 0)
    failed.push({ title: `ava itself, tests ${group}`, details: cut(text, most.each, true) });
  counts.passed += passed;
  counts.failures.push(...failures);
  counts.skipped.push(...skipped);
  if (failures.length > 0) counts.details.push(`# what failed: ${group}`, ...details);
}
sweepCgroups();
process.exitCode = report(
  counts,
  failed.filter((step) => step !== undefined),
);
