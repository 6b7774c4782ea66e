import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import test from "ava";
import { encodePlan } from "../../../wire/encode.ts";
import type { Plan } from "../../../wire/op.ts";
import { SystemError } from "../../error.ts";
import { findHelper } from "./helper.ts";
import { startHelper } from "./launch.ts";
import { lockToLaunch, takeLock } from "./lock.ts";

const helper = findHelper(undefined);
const setup = { inputs: [], stdio: ["ignore", "ignore", "inherit"] } as const;

const launcherLock = (path: string, timeoutMs: number) => lockToLaunch(() => helper, path, timeoutMs, { setup });
const ways = [
  ["a lock", (path: string, timeoutMs: number) => takeLock(helper, path, timeoutMs)],
  ["a launcher's lock", launcherLock],
] as const;
type Take = (typeof ways)[number][1];

/** A directory that is removed in the end, and a file in it. */
function scratch(t: ExecutionContext): { readonly dir: string; readonly path: string } {
  const top = mkdtempSync(join(tmpdir(), "coffer-lock-"));
  t.teardown(() => rmSync(top, { recursive: true, force: true }));
  const dir = join(top, "box");
  mkdirSync(dir);
  return { dir, path: join(dir, "lock") };
}

/** Whether nobody holds the lock of the file that has the name. */
async function isFree(path: string): Promise<boolean> {
  const lock = await takeLock(helper, path, 0);
  lock?.release();
  return lock !== undefined;
}

const heldOnce = test.macro(async (t, take: Take) => {
  const { path } = scratch(t);
  const lock = await take(path, 0);
  t.is(await take(path, 0), undefined);
  await lock?.release();
  t.true(await isFree(path));
});

const notStale = test.macro(async (t, take: Take) => {
  const { dir, path } = scratch(t);
  const first = await take(path, 0);
  const second = take(path, 10_000);
  await setTimeout(200);
  rmSync(dir, { recursive: true });
  mkdirSync(dir);
  const third = await take(path, 0);
  t.truthy(third);
  await first?.release();
  const early = await Promise.race([second.then(() => "locked"), setTimeout(500, "waits")]);
  t.is(early, "waits", "the new file is locked by another");
  await third?.release();
  const lock = await second;
  t.false(await isFree(path));
  await lock?.release();
});

const told = test.macro(async (t, take: Take) => {
  const { dir, path } = scratch(t);
  const first = await take(path, 0);
  const second = take(path, 10_000);
  await setTimeout(200);
  rmSync(dir, { recursive: true });
  await first?.release();
  const error = await t.throwsAsync(second);
  t.true(SystemError.is(error, "ENOENT"));
});

for (const [name, take] of ways) {
  test.serial(`${name} is held once`, heldOnce, take);
  test.serial(`${name} is not believed when its file was removed and made anew while we waited`, notStale, take);
  test.serial(`who waits for ${name} in a directory that goes away is told`, told, take);
}

/** A host plan that is done when a process has ended. */
function awaitEnd(pid: number): Uint8Array {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const startTime = BigInt(fields[19] ?? 0);
  const plan: Plan = {
    kind: "host",
    inputs: [],
    ops: [
      { op: "open-procfs", phase: "host", out: "proc" },
      { op: "open-process", phase: "host", proc: "proc", pid, startTime, inode: 0n, out: "process" },
      { op: "await-end", phase: "host", process: "process", timeoutMs: 60_000 },
    ],
  };
  return encodePlan(plan);
}

test.serial("a launcher holds the lock until it has ended, whatever becomes of who called", async (t) => {
  const { path } = scratch(t);
  const sleeper = spawn("sleep", ["1000"], { stdio: "ignore" });
  t.teardown(() => sleeper.kill("SIGKILL"));
  await once(sleeper, "spawn");
  const lock = await launcherLock(path, 0);
  const launch = await lock?.launch(awaitEnd(sleeper.pid ?? 0));
  await lock?.release();
  t.false(await isFree(path), "our own descriptor is closed");
  sleeper.kill("SIGKILL");
  t.is((await launch?.nextEvent())?.kind, "report");
  t.is((await launch?.nextEvent())?.kind, "exit");
  t.true(await isFree(path));
});

/** Our children but those. */
const children = (but: readonly string[] = []): readonly string[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter((pid) => pid !== "" && !but.includes(pid));

test.serial("a launcher without a plan has ended when its lock is released", async (t) => {
  const { path } = scratch(t);
  const before = children();
  const lock = await launcherLock(path, 0);
  t.is(children(before).length, 1);
  await lock?.release();
  t.deepEqual(children(before), []);
});

test.serial("a further plan is launched under the same lock", async (t) => {
  const { path } = scratch(t);
  const sleeper = spawn("sleep", ["1000"], { stdio: "ignore" });
  t.teardown(() => sleeper.kill("SIGKILL"));
  await once(sleeper, "spawn");
  const plan = awaitEnd(sleeper.pid ?? 0);
  const lock = await launcherLock(path, 0);
  const launches = [await lock?.launch(plan), await lock?.launch(plan)];
  t.not(launches[0]?.pid, launches[1]?.pid);
  process.kill(launches[0]?.pid ?? 0, "SIGKILL");
  t.is((await launches[0]?.nextEvent())?.kind, "exit");
  // Nobody has to be told of a lock that its caller has.
  t.is(await Promise.race([launches[1]?.nextEvent(), setTimeout(300, "waits")]), "waits");
  await lock?.release();
  t.false(await isFree(path));
  sleeper.kill("SIGKILL");
});

test.serial("a launcher whose caller should have the lock, and has not, does nothing", async (t) => {
  const { path } = scratch(t);
  const first = await takeLock(helper, path, 0);
  const fd = openSync(path, "r+");
  const other = await startHelper(helper, setup, { fd, timeoutMs: undefined });
  closeSync(fd);
  const event = await other.next();
  t.is(event.kind === "report" && event.report.state, "failed");
  t.is(event.kind === "report" && event.report.errno, constants.errno.EAGAIN);
  await other.end();
  first?.release();
});

test.serial("a launcher that is killed while it waits for the lock is told of", async (t) => {
  const { path } = scratch(t);
  const before = children();
  const first = await takeLock(helper, path, 0);
  const second = launcherLock(path, 60_000);
  const failed = t.throwsAsync(second);
  while (children(before).length === 0) await setTimeout(1);
  for (const pid of children(before)) process.kill(Number(pid), "SIGKILL");
  t.true(SystemError.is(await failed, "status 255"));
  first?.release();
  t.true(await isFree(path));
});
