// The helper's other verbs, its example client, and the other architecture.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";
import { hello } from "./expect.ts";
import { helper, launch, storePlan } from "./launch.ts";
import { createPlan } from "./plans.ts";

const ENOSYS = 38;

/** Runs a verb with descriptor 3 open on a file. */
const onFile = (file: string, words: readonly string[], program: readonly string[] = [helper()]): Promise<Outcome> =>
  command(["sh", "-c", 'f=$0; exec 3<"$f"; exec "$@"', file, ...program, ...words]);

function scratchFile(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), "cft-programs-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "file");
  writeFileSync(file, "");
  return file;
}

test.serial("version", async (t) => {
  const outcome = await command([helper(), "version"]);
  t.regex(outcome.stdout, /^coffer-helper \d+\.\d+\.\d+ plan-format 1\.0\n$/);
  t.is(outcome.exitCode, 0);
});

const usages: readonly (readonly string[])[] = [
  [],
  ["none"],
  ["launch"],
  ["launch", "--plan-fd"],
  ["launch", "--plan-fd", "x"],
  ["launch", "--plan-fd", "3x"],
  ["launch", "--plan-fd", "-1"],
  ["launch", "--plan-fd", "99999999999999999999"],
  ["launch", "--plan-fd", "3", "--lock-fd", "x"],
  ["launch", "--plan-fd", "3", "--lock-fd", "3", "--lock-ms", "86400001"],
  ["launch", "--plan-fd", "3", "--input", "x"],
  ["launch", "--plan-fd", "3", "--input", "=x"],
  ["launch", "--plan-fd", "3", "--input", "x="],
  ["launch", "--plan-fd", "3", "--input", "x=fd:"],
  ["launch", "--plan-fd", "3", "--input", "x=/a", "--input", "x=/b"],
  ["launch", "--plan-fd", "3", "--other", "4"],
  ["lock"],
  ["lock", "--fd"],
  ["lock", "--fd", "3x"],
  ["lock", "--fd", "3", "--timeout-ms"],
  ["lock", "--fd", "3", "--timeout-ms", "1", "more"],
  ["lock", "--fd", "3", "--timeout-ms", "18446744073709551615"],
];

for (const words of usages)
  test.serial(`usage: ${words.join(" ")}`, async (t) => {
    const outcome = await onFile(scratchFile(t), words);
    t.is(outcome.exitCode, 125);
    t.regex(outcome.stderr, /^coffer-helper: usage: [^\n]+\n$/);
  });

test.serial("verify takes what launch takes, and refuses the rest", async (t) => {
  const bundle = makeBundle(t);
  const good = await onFile(storePlan(bundle, hello), ["verify", "--plan-fd", "3"]);
  t.deepEqual([good.exitCode, good.stderr], [0, ""]);
  const bad = await onFile(storePlan(bundle, new Uint8Array(64)), ["verify", "--plan-fd", "3"]);
  t.is(bad.exitCode, 1);
  t.regex(bad.stderr, /refused/);
});

async function locks(t: ExecutionContext, program: readonly string[]): Promise<void> {
  const file = scratchFile(t);
  const lock = (...more: readonly string[]): Promise<Outcome> => onFile(file, ["lock", "--fd", "3", ...more], program);
  t.is((await lock()).exitCode, 0, "it is free");
  // The lock belongs to the open file: it is held while this process has it, though `lock` has ended.
  const held = openSync(file, "r");
  const [name = "", ...args] = [...program, "lock", "--fd", "3"];
  const taken = spawn(name, args, { stdio: ["ignore", "ignore", "ignore", held] });
  t.is(await new Promise((resolve) => taken.on("close", resolve)), 0);
  t.is((await lock()).exitCode, 1);
  const began = performance.now();
  t.is((await lock("--timeout-ms", "200")).exitCode, 1);
  t.true(performance.now() - began >= 200);
  const waits = lock("--timeout-ms", "10000");
  setTimeout(() => closeSync(held), 100);
  t.is((await waits).exitCode, 0, "after it was let go");
}

test.serial("lock", async (t) => locks(t, [helper()]));

test.serial("the example client", async (t) => {
  if (!(await needs(t, "root", "gcc"))) return;
  const bundle = makeBundle(t);
  const client = join(bundle.base, "client");
  const source = join(repository, "helper-c/example/launch.c");
  execFileSync("gcc", [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    `-I${join(repository, "helper-c")}`,
    "-o",
    client,
    source,
  ]);
  const run = (file: string, ...inputs: string[]): Promise<Outcome> => command([client, helper(), file, ...inputs]);
  const plan = storePlan(bundle, createPlan({ args: ["probe", "exit", "9"] }));
  const outcome = await run(plan, `rootfs=${bundle.rootfs}`);
  t.is(outcome.exitCode, 9);
  t.regex(outcome.stderr, /running, pid \d+.*\n.*exited/);
  const missing = await run(plan);
  t.is(missing.exitCode, 125);
  t.regex(missing.stderr, /failed \(code 3\)/);
});

test.serial("on aarch64, as far as the emulator goes", async (t) => {
  if (!(await needs(t, "qemu-aarch64"))) return;
  const program = ["qemu-aarch64", helperPath("aarch64")];
  t.regex((await command([...program, "version"])).stdout, /^coffer-helper /);
  await locks(t, program);
  const bundle = makeBundle(t);
  t.is((await onFile(storePlan(bundle, hello), ["verify", "--plan-fd", "3"], program)).exitCode, 0);
  t.is((await onFile(storePlan(bundle, new Uint8Array(9)), ["verify", "--plan-fd", "3"], program)).exitCode, 1);
  if (!(await needs(t, "root"))) return;
  // The emulator has no clone3 and no new mount calls: the report says so.
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", "--input", `rootfs=${bundle.rootfs}`];
  const outcome = await launch(bundle, hello, {
    prefix: ["env", "--", "qemu-aarch64"],
    program: helperPath("aarch64"),
    words,
  });
  const [report] = outcome.reports;
  t.deepEqual([outcome.exitCode, report?.code, report?.errno], [125, "call-failed", ENOSYS]);
  t.true(["open-procfs", "clone"].includes(hello.ops[report?.op ?? -1]?.op ?? ""));
});
