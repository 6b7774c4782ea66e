// A project whose tests run with vitest: esbuild, workers, watchers of files. The packages are of the registry that npm has, 42 MB, and
// are fetched once.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { npm } from "../helpers/callers/npm.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn, startIn } from "./table.ts";

const version = "4.1.12";
const cache = join(repository, "test/.cache/vitest", version);
const vitest = ["node_modules/.bin/vitest", "--cache=false"];

/** What the test of the project expects of 1 + 2. */
const testOf = (sum: number): string =>
  `import { expect, test } from "vitest";\nimport { add } from "./add";\ntest("adds", () => expect(add(1, 2)).toBe(${sum}));\n`;

test.before("vitest is there", async (t) => {
  t.timeout(300_000);
  if (existsSync(join(cache, "node_modules/.bin/vitest"))) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), '{ "private": true }\n');
  const words = ["install", "--no-audit", "--no-fund", `vitest@${version}`];
  const { exitCode, stderr } = await npm(words, { cwd: cache, timeoutMs: 280_000 });
  t.is(exitCode, 0, stderr);
});

async function makeProject(t: ExecutionContext, who: Who, sum: number) {
  const prepare = `cp -a ${cache}/node_modules . && echo '{ "type": "module" }' >package.json
echo 'export const add = (a: number, b: number): number => a + b;' >add.ts; cat >add.test.ts <<'END'\n${testOf(sum)}END`;
  return makePlace(t, who, prepare);
}

const ends = test.macro({
  exec: async (t, who: Who, sum: number, flags: readonly string[], exitCode: number, told: RegExp) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makeProject(t, who, sum);
    const outcome = await sandboxIn(box, who, [...flags, "--", ...vitest, "run"], env);
    t.regex(outcome.stdout, told, outcome.stderr);
    t.is(outcome.exitCode, exitCode);
    await nothingLeft(t, box, box.before);
  },
  title: (title, who: Who) => `as ${who}: ${title}`,
});

const watches = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makeProject(t, who, 4);
    const running = startIn(box, who, ["--rw", "--", ...vitest, "--watch"], env);
    await running.saw("1 failed");
    writeFileSync(join(box.path, "add.test.ts"), testOf(3));
    await running.saw("1 passed");
    process.kill(running.pid, "SIGTERM");
    await running.done;
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who) => `as ${who}: a watcher inside sees what an editor of the host writes`,
});

for (const who of ["root", "user"] as const) {
  test.serial("tests pass in a tree that can only be read", ends, who, 3, [], 0, /1 passed/);
  test.serial("a test that fails has its status", ends, who, 4, ["--rw"], 1, /1 failed/);
  test.serial(watches, who);
}
