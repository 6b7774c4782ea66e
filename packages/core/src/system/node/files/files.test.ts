// Reads of files of any size, which all go through one buffer; and names that are there, or not.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { SystemError } from "../../error.ts";
import { findStat, readBytes, stat } from "./files.ts";

function makeBase(t: ExecutionContext): string {
  const base = mkdtempSync(join(tmpdir(), "cft-files-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  return base;
}

function write(t: ExecutionContext, bytes: Uint8Array): string {
  const path = join(makeBase(t), "file");
  writeFileSync(path, bytes);
  return path;
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7) % 251);

const isRead = test.macro({
  exec(t, size: number) {
    const bytes = pattern(size);
    const path = write(t, bytes);
    t.deepEqual(new Uint8Array(readBytes(path, size)), bytes);
    if (size > 0)
      t.true(
        SystemError.is(
          t.throws(() => readBytes(path, size - 1)),
          "EFBIG",
        ),
      );
  },
  title: (_, size: number) => `a file of ${size} bytes is read whole, and refused by a limit of one less`,
});

for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) test(isRead, size);

test("what was read stays as it is when another file is read", (t) => {
  const first = readBytes(write(t, pattern(1000)), 1000);
  readBytes(write(t, new Uint8Array(1000)), 1000);
  t.deepEqual(new Uint8Array(first), pattern(1000));
});

test("a name that is not there has no stat, and any other failure is an error", (t) => {
  const path = write(t, pattern(1));
  t.is(findStat(`${path}-none`), undefined);
  t.is(findStat(`${path}/beneath-a-file`), undefined);
  t.deepEqual(findStat(path), stat(path));
  symlinkSync("none", `${path}-lost`);
  t.is(findStat(`${path}-lost`), undefined);
  t.is(findStat(`${path}-lost`, { follow: false })?.kind, "link");
  symlinkSync(`${path}-loop`, `${path}-loop`);
  t.true(
    SystemError.is(
      t.throws(() => findStat(`${path}-loop`)),
      "ELOOP",
    ),
  );
  t.true(
    SystemError.is(
      t.throws(() => findStat(`${path}-${"x".repeat(300)}`)),
      "ENAMETOOLONG",
    ),
  );
});
