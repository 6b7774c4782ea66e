// Runs that follow each other are planned once: each still has its own id, and what has changed is planned again.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime, run, sandbox } from "@coffer/core";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const optionsOf = (box: Box, ...args: readonly string[]) => {
  return { runtime: openRuntime({ root: box.state }), rootfs: box.rootfs, args: ["/probe", ...args] } as const;
};

test.serial("each has a cgroup of its own name", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const ids = new Set<string>();
  for (let turn = 0; turn < 6; turn++) {
    const one = run({ ...optionsOf(box, "sleep", "1000"), limits: { pids: 20 } });
    const { id, pid } = await one.started;
    const named = readFileSync(`/proc/${pid}/cgroup`, "utf8").match(/run-[0-9a-f]{16}/g) ?? [];
    t.deepEqual([...new Set(named)], [id]);
    ids.add(id);
    await one.kill("KILL");
    await one;
  }
  t.is(ids.size, 6);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("many at once are told apart", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const runs = Array.from({ length: 12 }, () => run({ ...optionsOf(box, "sleep", "1000"), limits: { pids: 20 } }));
  const started = await Promise.all(runs.map((one) => one.started));
  for (const { id, pid } of started) t.true(readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id));
  await Promise.all(runs.map((one) => one.kill("KILL")));
  t.is(new Set((await Promise.all(runs)).map(({ id }) => id)).size, 12);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("what has changed is planned: the bundle, the options, the host", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "echo", "first"] });
  const runtime = openRuntime({ root: box.state });
  const say = async (): Promise<string> => (await run({ runtime, bundle: box.path })).stdout;
  for (let turn = 0; turn < 4; turn++) t.is(await say(), "first\n");
  const file = join(box.path, "config.json");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('"first"', '"other"'));
  for (let turn = 0; turn < 4; turn++) t.is(await say(), "other\n");
  writeFileSync(file, text);
  t.is(await say(), "first\n");
  writeFileSync(file, "{}");
  await t.throwsAsync(say, { code: "E_CONFIG_INVALID" });
  writeFileSync(file, text);
  for (const uid of [0, 7, 7, 7, 8]) {
    const facts = parseFacts((await run({ ...optionsOf(box, "facts"), user: { uid } })).stdout);
    t.is(facts.uid[0], uid);
  }
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a failure names the container that it is of", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const limited = { ...optionsOf(box, "exit", "0"), limits: { pids: 20 } };
  for (let turn = 0; turn < 3; turn++) t.is((await run(limited)).exitCode, 0);
  for (let turn = 0; turn < 3; turn++)
    await t.throwsAsync(async () => run({ ...limited, args: ["nosuch"] }), { code: "E_EXEC_NOT_FOUND" });
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial(
  "sandboxes that differ in their words alone are planned once, and what has changed is planned",
  async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const lines: string[] = [];
    const runtime = openRuntime({ root: box.state, debug: (line) => void lines.push(line) });
    const wasKept = async (stdout: string, script: string, more: object = {}): Promise<boolean> => {
      lines.length = 0;
      const result = await sandbox("sh", ["-c", script], { runtime, cwd: box.path, tools: "none", ...more });
      t.is(result.stdout, stdout, result.stderr);
      return lines.some((line) => line.startsWith("a plan that was kept"));
    };
    const look = "cat a/.env secret";
    t.false(await wasKept("1\n", "echo $A", { env: { A: "1" } }));
    t.true(await wasKept("2 /\n", "echo $A $B", { env: { A: "2", B: "/" } }));
    t.false(await wasKept("made\n", "touch made && echo made", { writable: true }));
    mkdirSync(join(box.path, "a"));
    for (const name of ["a/.env", "secret"]) writeFileSync(join(box.path, name), "of the host\n");
    t.false(await wasKept("of the host\n", look));
    t.true(await wasKept("of the host\n", look));
    t.false(await wasKept("", look, { deny: [join(box.path, "secret")] }));
    await nothingLeft(t, box, box.before);
  },
);
