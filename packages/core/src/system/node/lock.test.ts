import { fstatSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import test from "ava";
import { SystemError } from "../error.ts";
import { findHelper } from "./helper.ts";
import { takeLock } from "./lock.ts";

const helper = findHelper(undefined);

test("a lock is not believed when its file was removed and made anew while we waited", async (t) => {
  const top = mkdtempSync(join(tmpdir(), "coffer-lock-"));
  t.teardown(() => rmSync(top, { recursive: true }));
  const dir = join(top, "box");
  const path = join(dir, "lock");
  mkdirSync(dir);
  const first = await takeLock(helper, path, 0);
  const second = takeLock(helper, path, 10_000);
  await setTimeout(200);
  rmSync(dir, { recursive: true });
  mkdirSync(dir);
  const third = await takeLock(helper, path, 0);
  t.truthy(third);
  first?.release();
  const early = await Promise.race([second.then(() => "locked"), setTimeout(500, "waits")]);
  t.is(early, "waits", "the new file is locked by another");
  third?.release();
  const lock = await second;
  t.is(lock && fstatSync(lock.fd).ino, statSync(path).ino);
  lock?.release();
});

test("who waits for the lock of a directory that goes away is told", async (t) => {
  const top = mkdtempSync(join(tmpdir(), "coffer-lock-"));
  const path = join(top, "lock");
  const first = await takeLock(helper, path, 0);
  const second = takeLock(helper, path, 10_000);
  await setTimeout(200);
  rmSync(top, { recursive: true });
  first?.release();
  const error = await t.throwsAsync(second);
  t.true(SystemError.is(error, "ENOENT"));
});
