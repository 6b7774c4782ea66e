// Calls of the TypeScript API that their caller ends before the program runs: the program never runs, and nothing is left.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, exec, openRuntime, run, sandbox, verbs } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command as outcomeOf, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const hook = { path: "/bin/sh", args: ["sh", "-c", "echo > $BASE/hook; exec sleep 8"], env: ["PATH=/usr/bin:/bin"] };

/** A box whose program would write a file, and whose hook takes eight seconds before that. */
function makeSlow(t: ExecutionContext): Box {
  return makeBox(t, {
    "/process/args": ["/probe", "write", "/etc/motd", "ran"],
    "/root/readonly": false,
    "/hooks": { createRuntime: [hook] },
  });
}

const hasRun = (box: Box): boolean => readFileSync(join(box.rootfs, "etc/motd"), "utf8").startsWith("ran");
const inHook = (box: Box) => until("the hook runs", () => existsSync(join(box.base, "hook")));

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** Milliseconds until a promise has settled, from now. */
async function timed(promise: PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await Promise.resolve(promise).catch(() => {});
  return performance.now() - began;
}

/** Holds what is left against what was there before, once the machine has had the time to run the program after all. */
async function nothingRan(t: ExecutionContext, box: Box): Promise<void> {
  t.deepEqual(await verbs.list(openRuntime({ root: box.state })), []);
  await nothingLeft(t, box, box.before, "rootfs");
  t.false(hasRun(box), "the program has run");
}

test.serial("a timeout ends a launch whose hook still runs", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeSlow(t);
  const runtime = openRuntime({ root: box.state });
  const subprocess = run({ runtime, bundle: box.path, id: box.tag, timeoutMs: 500 });
  t.true((await timed(subprocess)) < 3000);
  const ended = {
    id: box.tag,
    exitCode: undefined,
    signal: undefined,
    failed: true,
    timedOut: true,
    isCanceled: false,
  };
  t.like(await subprocess, { ...ended, stdout: "", stderr: "", isTerminated: false });
  await t.throwsAsync(async () => subprocess.started, { code: "E_TIMEOUT" });
  await nothingRan(t, box);
});

test.serial("an aborted signal ends a launch whose hook still runs", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeSlow(t);
  const controller = new AbortController();
  const runtime = openRuntime({ root: box.state });
  const subprocess = run({ runtime, bundle: box.path, id: box.tag, signal: controller.signal });
  await inHook(box);
  controller.abort(new Error("no more"));
  t.true((await timed(subprocess)) < 3000);
  t.like(await subprocess, { exitCode: undefined, timedOut: false, isCanceled: true });
  await t.throwsAsync(async () => subprocess.started, { message: "no more" });
  await nothingRan(t, box);
});

test.serial("create takes back a container that was not there in time, or that its caller gave up", async (t) => {
  if (!(await needs(t, "root"))) return;
  const late = makeSlow(t);
  const early = create({ runtime: openRuntime({ root: late.state }), bundle: late.path, id: late.tag, timeoutMs: 500 });
  t.true((await timed(early)) < 3000);
  await t.throwsAsync(async () => early, { code: "E_TIMEOUT" });
  await nothingRan(t, late);
  const box = makeSlow(t);
  const { signal, abort } = abortable();
  const made = create({ runtime: openRuntime({ root: box.state }), bundle: box.path, id: box.tag, signal });
  await inHook(box);
  abort();
  t.true((await timed(made)) < 3000);
  await t.throwsAsync(async () => made, { name: "AbortError" });
  await nothingRan(t, box);
});

test.serial("exec and sandbox are ended before they run, and at any moment of their launch", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], "/root/readonly": false });
  const runtime = openRuntime({ root: box.state });
  const container = await create({ runtime, bundle: box.path, id: box.tag });
  await container.start();
  const calls = (how: { timeoutMs: number } | { signal: AbortSignal }, program: readonly string[]) => [
    exec(box.tag, { runtime, args: ["/probe", ...program], ...how }),
    sandbox({ runtime, args: [join(box.rootfs, "probe"), ...program], cwd: box.rootfs, writable: true, ...how }),
  ];
  const over = AbortSignal.abort();
  for (const call of calls({ signal: over }, ["write", "etc/motd", "ran"])) {
    await t.throwsAsync(async () => call, { name: "AbortError" });
  }
  t.false(hasRun(box));
  // A call may be ended at any moment of its launch: the program may run by then, and does not go on. A launcher that waits passes
  // on what was to end the launch, and the first process of a sandbox tells that as a status.
  for (const how of [{ timeoutMs: 1 }, { abort: true }]) {
    const { signal, abort } = abortable();
    const made = calls("abort" in how ? { signal } : how, ["sleep", "1000"]);
    queueMicrotask(() => setImmediate(abort));
    for (const call of made) {
      const { exitCode, failed } = await call;
      t.true(failed);
      t.true(exitCode === undefined || exitCode === 143, `${exitCode}`);
    }
  }
  await container.delete();
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a launch that fails is no unhandled rejection for a caller that looks at `started`", async (t) => {
  if (!(await needs(t, "root"))) return;
  const script = `
import { run } from "@coffer/core";
const subprocess = run({ rootfs: "/nowhere", args: ["x"] });
try { await subprocess.started; } catch (error) { console.log(error.code); }
setTimeout(() => console.log("goes on"), 200);
run({ rootfs: "/nowhere", args: ["x"], nosuch: 1 }).started.catch((error) => console.log(error.code));
if (process.argv[1]) run({ rootfs: "/nowhere", args: ["x"] });`;
  const argv = [process.execPath, "--input-type=module", "--eval", script];
  t.like(await outcomeOf(argv, { cwd: repository }), { exitCode: 0, stdout: "E_CONFIG_INVALID\nE_USAGE\ngoes on\n" });
  // A failure that nobody looks at still ends the process.
  t.like(await outcomeOf([...argv, "lost"], { cwd: repository }), { exitCode: 1 });
});
