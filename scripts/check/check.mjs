// `npm run check`: format, lints, types, generated files, language, and the C analysers. As many checks at once as there
// are cores; what a check prints comes when it has ended. The exit status is 0 only if every check passes.
//
//   node scripts/check/check.mjs [--quick]      without the C analysers
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}` };

const cache = join(root, ".cache", "check");

/** The longest first. The first two look at what has changed since they passed. */
const checks = [
  `tsc -p tsconfig.test.json --incremental --tsBuildInfoFile ${cache}/test.tsbuildinfo`,
  `npm run --silent spell -- --cache --cache-strategy content --cache-location ${cache}/spell`,
  "tsc -p packages/core/tsconfig.pure.json",
  "tsc -p scripts/site",
  "tsc -p test/site",
  "knip",
  "biome ci --colors=off .",
  "npm run --silent gen -- --check",
  "npm run --silent gen:cli -- --check",
  "npm run --silent language",
  "node scripts/gen-syscalls.ts --check",
  "tsc -b",
];

function run(line) {
  const [program, ...words] = line.split(" ");
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
    child.on("error", (error) => resolve({ status: 127, text: `${error.message}\n` }));
    child.on("close", (status) => resolve({ status, text }));
  });
}

const failed = [];

/** Runs a check; its output is printed if it fails, or if it is loud. */
async function check(line, isLoud = false) {
  const { status, text } = await run(line);
  if (status === 0 && !isLoud) return;
  process.stdout.write(text);
  if (status !== 0) failed.push(`${line}: status ${status}`);
}

const left = [...checks];
async function work() {
  for (let line = left.shift(); line !== undefined; line = left.shift()) await check(line);
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
// The analysers take all cores themselves.
if (!process.argv.includes("--quick")) await check("node scripts/check/check-c.mjs", true);
for (const line of failed) console.log(`failed: ${line}`);
process.exitCode = failed.length > 0 ? 1 : 0;
