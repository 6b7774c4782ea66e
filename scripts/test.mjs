// `npm test` and its kin: installs what is missing, builds, checks, and tests. Plain JavaScript, for Node 20 with nothing
// installed. The last line is `N passed, N failed, N skipped`; the exit status is 0 only if nothing failed.
//
//   node scripts/test.mjs [--no-check] [FILES for ava...]      the group `quick`, or these files
//   node scripts/test.mjs --all                                the group `quick`, and then all else that CI runs
//   node scripts/test.mjs --changed                            what the change since the branch `main` touches
//
// docs/testing.md says what the groups are. COFFER_TESTS names groups to be run instead of `quick`. With MUST_WORK=1 a skip
// is a failure, unless test/allowed-skips.json names it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingPackages } from "./npm.mjs";
import { touched } from "./testing/changed.mjs";
import { report } from "./testing/report.mjs";
import { bin, root, runTests, seconds, step, stepBeside } from "./testing/run.mjs";
import { sweep } from "./testing/sweep.mjs";

const args = process.argv.slice(2);
const isAll = args.includes("--all");
const isChanged = args.includes("--changed");
const files = isChanged ? touched() : args.filter((arg) => !arg.startsWith("--"));

/** What is run after one another; the groups of one run are put together, so that both cores have work to its end. */
const first = isChanged ? ["main"] : files.length > 0 ? ["any"] : ["quick"];
const asked = process.env.COFFER_TESTS?.split(/[ ,]+/).filter(Boolean);
const isNightly = asked?.includes("nightly") === true;
const runs = isAll ? [["quick"], ["rest", "vm", "clients"]] : [asked ?? first];

/** Who lacks its tools has no native front. */
const hasNative = () => existsSync(join(root, "packages/cli/native"));

const isInstalled = () =>
  existsSync(join(root, "node_modules", ".package-lock.json")) &&
  existsSync(join(bin, "ava")) &&
  missingPackages(root).length === 0;

/** Debian packages and the test user, where this process may install them. */
async function prepareSystem() {
  const script = join(root, "scripts", "setup-system.sh");
  const groups = runs.flat();
  if (spawnSync("sh", [script, "--check", ...groups], { stdio: "ignore" }).status === 0) return [];
  if (process.getuid() === 0 && existsSync("/usr/bin/apt-get")) return step("packages", "sh", script, ...groups);
  console.log(
    "# some Debian packages are missing (scripts/setup-system.sh as root installs them): tests that need them skip",
  );
  return [];
}

const total = { passed: 0, launches: 0, failures: [], skipped: [], files: [] };

async function test(groups, front) {
  const result = await runTests(groups, files, front);
  total.passed += result.passed;
  total.launches += result.launches;
  total.failures.push(...result.failures);
  total.skipped.push(...result.skipped);
  total.files.push(...result.files);
}

const need = async (title, ...argv) => total.failures.push(...(await step(title, ...argv)));

if (!isInstalled()) await need("npm ci", process.execPath, join(root, "scripts", "npm.mjs"), "ci");
total.failures.push(...(await prepareSystem()));
await need("build", "npm", "run", "--silent", "build");
const machines = isNightly ? ["--all"] : [];
if (isAll || isNightly) await need("native front", "npm", "run", "--silent", "front", "--", "--optional", ...machines);
sweep();
if (!args.includes("--no-check")) await need("check", "npm", "run", "--silent", "check:quick");
if (isChanged) console.log(`# touched: ${files.length} files of tests`);
if (!isChanged || files.length > 0) await test(runs[0]);
// Most of the other tests wait for guests and engines.
const checked = isAll ? stepBeside("check of the C parts", "node", join(root, "scripts/check/check-c.mjs")) : [];
for (const groups of runs.slice(1)) await test(groups);
total.failures.push(...(await checked));
if (isAll && hasNative()) await test(["front-today"], "native");
if (isNightly && hasNative()) await test(["front", "clients"], "native");
sweep();
process.exitCode = report(total, seconds());
