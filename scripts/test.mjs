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

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, FORCE_COLOR: "0", CI: "1" };

const groups = (process.env.COFFER_TESTS || "main").split(/[ ,]+/);
const started = Date.now();
const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;

/** Runs a step; true if it succeeded. */
function step(title, argv) {
  console.log(`# ${title} (${seconds()})`);
  const { status } = spawnSync(argv[0], argv.slice(1), { cwd: root, env, stdio: "inherit" });
  if (status !== 0) console.log(`not ok: ${title}: status ${status}`);
  return status === 0;
}

function newerThanInstalled() {
  const installed = join(root, "node_modules", ".package-lock.json");
  return !existsSync(installed) || !existsSync(join(bin, "ava"));
}

/** Debian packages and the test user, where this process may install them. */
function prepareSystem() {
  const script = join(root, "scripts", "setup-system.sh");
  if (spawnSync("sh", [script, "--check", ...groups], { stdio: "ignore" }).status === 0) return true;
  if (process.getuid() === 0 && existsSync("/usr/bin/apt-get")) return step("packages", ["sh", script, ...groups]);
  console.log(
    "# some Debian packages are missing (scripts/setup-system.sh as root installs them): tests that need them skip",
  );
  return true;
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

/** What ava says of each failure, which is between its rules: the end of a long log alone is what a reader of CI sees. */
function readDetails(text, most = 120) {
  const [, ...sections] = text.split(/^ {2}─$/m).slice(0, -1);
  const lines = sections.flatMap((section) => section.trimEnd().split("\n"));
  const left = lines.length - most;
  return left > 0 ? [...lines.slice(0, most), `  … and ${left} lines more: .cache/test-GROUP.log`] : lines;
}

/** Runs the tests of a group; what ava prints goes to the terminal and to a file. */
function runAva(group, files) {
  const log = join(root, ".cache", `test-${group}.log`);
  mkdirSync(dirname(log), { recursive: true });
  console.log(`# tests: ${group} (${seconds()})`);
  return new Promise((resolve) => {
    const own = { ...env, COFFER_TESTS: group };
    const child = spawn(join(bin, "ava"), files, { cwd: root, env: own, stdio: ["ignore", "pipe", "pipe"] });
    const out = createWriteStream(log);
    let text = "";
    const take = (chunk) => {
      text += chunk;
      out.write(chunk);
      process.stdout.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("close", (status) => out.end(() => resolve({ status, ...readOutput(text), details: readDetails(text) })));
  });
}

function report(counts, steps) {
  // A skip with a reason went through needs(), which knows the allowed ones; one that a test just marks has none.
  if (process.env.MUST_WORK === "1")
    for (const { title, reason } of counts.skipped) if (reason === "marked") counts.failures.push(`${title} (skipped)`);
  for (const line of counts.details) console.log(line);
  for (const { title, reason } of counts.skipped) console.log(`skip: ${title}: ${reason}`);
  for (const title of counts.failures) console.log(`failed: ${title}`);
  for (const title of steps) console.log(`failed: ${title}`);
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
const need = (title, ...argv) => {
  if (!step(title, argv)) failed.push(title);
};

if (newerThanInstalled()) need("npm ci", "npm", "ci", "--no-audit", "--no-fund");
if (!prepareSystem()) failed.push("packages");
need("build", "npm", "run", "--silent", "build");
if (check) need("check", "npm", "run", "--silent", "check");

const counts = { passed: 0, failures: [], skipped: [], details: [] };
for (const group of groups) {
  const { status, passed, failures, skipped, details } = await runAva(group, files);
  if (status !== 0 && failures.length === 0) failed.push(`ava itself, tests ${group} (see above)`);
  counts.passed += passed;
  counts.failures.push(...failures);
  counts.skipped.push(...skipped);
  if (failures.length > 0) counts.details.push(`# what failed: ${group}`, ...details);
}
process.exitCode = report(counts, failed);
