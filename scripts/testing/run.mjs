// Runs programs for scripts/test.mjs.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cut, linesOf } from "./report.mjs";
import { readTap } from "./tap.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const bin = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, FORCE_COLOR: "0", CI: "1" };

/** A file that takes less, in seconds, is not in the list of durations. */
const longFile = 3;

const started = Date.now();

/** The rows and files of which day are run, where that is a part of them: the same for the whole of this program. */
const day = process.env.COFFER_DAY ?? String(Math.floor(started / 86_400_000));

/** Seconds since the start of this program. */
export const seconds = () => Math.round((Date.now() - started) / 1000);

/** Runs a program in the repository. What it writes goes to `writers` as it comes, and is in the result. */
function run(argv, more = {}, writers = [process.stdout]) {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].setEncoding("utf8").on("data", (chunk) => {
        texts[name] += chunk;
        for (const writer of writers) writer.write(chunk);
      });
    child.on("error", (error) => resolve({ ...texts, status: 127, stderr: `${texts.stderr}${error.message}\n` }));
    child.on("close", (status) => resolve({ ...texts, status }));
  });
}

/** Runs a step: the failure that it is, if it fails. */
export async function step(title, ...argv) {
  console.log(`# ${title} (${seconds()} s)`);
  return failuresOf(title, await run(argv));
}

/** Runs a step beside others, on what they leave of the processors. What it prints comes at its end, whole. */
export async function stepBeside(title, ...argv) {
  const result = await run(["nice", "-n", "19", ...argv], {}, []);
  console.log(`# ${title}: ended (${seconds()} s)\n${result.stdout}${result.stderr}`);
  return failuresOf(title, result);
}

function failuresOf(title, { status, stdout, stderr }) {
  if (status === 0) return [];
  console.log(`not ok: ${title}: status ${status}`);
  return [{ title, details: cut(linesOf(stdout + stderr), true) }];
}

/**
 * The list of the files that take long, in seconds, by which ava.config.js sorts them. UPDATE_DURATIONS=1 writes what this
 * run has measured.
 */
function recordDurations(files) {
  if (process.env.UPDATE_DURATIONS !== "1") return;
  const path = join(root, "test", "durations.json");
  const measured = Object.entries(files).map(([name, ms]) => [name, Math.round(ms / 1000)]);
  const all = { ...JSON.parse(readFileSync(path, "utf8")), ...Object.fromEntries(measured) };
  const long = Object.entries(all).filter(([name, seconds]) => seconds >= longFile && existsSync(join(root, name)));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(long.sort()), null, 2)}\n`);
}

/** What each test file has written of itself (test/helpers/runner/launches.ts): its launches, and its milliseconds of processors. */
function readLaunches(file) {
  if (!existsSync(file)) return [];
  return linesOf(readFileSync(file, "utf8")).map((line) => {
    const [, launches, cpu, name] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
    return { name, launches: Number(launches), cpu: Number(cpu) };
  });
}

/** Runs the tests of groups of ava.config.js, or the given files of them; `front`: with the native front. */
export async function runTests(groups, files = [], front = process.env.COFFER_FRONT ?? "node") {
  const name = front === "node" ? groups.join("-") : `${front}-${groups.join("-")}`;
  const more = front === "node" ? "" : `, ${front} front`;
  console.log(`# tests: ${groups.join(" ")}${more}, COFFER_DAY=${day} (${seconds()} s)`);
  const log = join(root, ".cache", `test-${name}.log`);
  const launched = join(root, ".cache", `launches-${name}`);
  mkdirSync(dirname(log), { recursive: true });
  rmSync(launched, { force: true });
  const variables = {
    COFFER_DAY: day,
    COFFER_TESTS: groups.join(" "),
    COFFER_FRONT: front,
    COFFER_LAUNCHES: launched,
    NODE_COMPILE_CACHE: join(root, ".cache", "node"),
  };
  const { status, stdout, stderr } = await run(["node", join(root, "scripts/testing/ava.mjs"), ...files], variables, [
    process.stdout,
    createWriteStream(log),
  ]);
  const result = readTap(stdout);
  recordDurations(result.files);
  if (!result.isWhole || (status !== 0 && result.failures.length === 0))
    result.failures.push({ title: `ava itself, tests ${name}`, details: cut(linesOf(stderr + stdout), true) });
  const told = readLaunches(launched);
  const cpuOf = new Map(told.map((file) => [file.name, file.cpu]));
  const times = Object.entries(result.files).map(([file, ms]) => ({ name: file + more, ms, cpu: cpuOf.get(file) }));
  return { ...result, files: times, launches: told.reduce((sum, file) => sum + file.launches, 0) };
}
