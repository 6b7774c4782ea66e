// A result is kept for the contents that it is of, and only if it is good.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { contentHash, kept } from "../helpers/kept.ts";

const folder = join(repository, ".cache");

test("another content, name or file has another hash", (t) => {
  mkdirSync(folder, { recursive: true });
  const directory = mkdtempSync(join(folder, "kept-test-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const hash = (): string => contentHash([relative(repository, directory)]);
  const hashes = [hash()];
  for (const [name, text] of [
    ["a", ""],
    ["a", "x"],
    ["b", ""],
    ["b", "x"],
  ] as const) {
    writeFileSync(join(directory, name), text);
    hashes.push(hash());
  }
  t.is(new Set(hashes).size, 5);
  t.is(hash(), hashes.at(-1) ?? "");
});

test("a body is run until it has passed", async (t) => {
  mkdirSync(folder, { recursive: true });
  const directory = mkdtempSync(join(folder, "kept-test-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const inputs = [relative(repository, directory)];
  writeFileSync(join(directory, "a"), `${process.pid} ${Date.now()}`);
  let runs = 0;
  const tryOnce = (passed: boolean): Promise<void> =>
    kept({ title: t.title, passed, log: t.log, pass: () => {} }, inputs, async () => {
      runs += 1;
    });
  await tryOnce(false);
  await tryOnce(true);
  t.is(runs, 2);
  await tryOnce(true);
  t.is(runs, process.env.MUST_WORK === "1" ? 3 : 2);
});
