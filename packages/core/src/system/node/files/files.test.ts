// Reads of files of any size, which all go through one buffer; and names that are there, or not.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { SystemError } from "../../error.ts";
import { findStat, readBytes, stat } from "./files.ts";
import { areMissing } from "./kinds.ts";

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
  for (const follow of [true, false]) t.is(findStat(`${path}/beneath-a-file`, { follow }), undefined);
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

test("a stat tells what each kind of node is, with its permissions and the device that it names", async (t) => {
  const base = makeBase(t);
  const at = (name: string): string => join(base, name);
  writeFileSync(at("file"), "", { mode: 0o640 });
  mkdirSync(at("directory"), { mode: 0o750 });
  symlinkSync("/nowhere", at("link"));
  execFileSync("mkfifo", ["-m", "0620", at("fifo")]);
  const server = createServer().listen(at("socket"));
  t.teardown(() => server.close());
  await once(server, "listening");
  for (const kind of ["file", "directory", "link", "fifo", "socket"] as const)
    t.is(stat(at(kind), { follow: false }).kind, kind);
  t.like(stat(at("file")), { mode: 0o640, uid: process.getuid?.(), major: 0, minor: 0 });
  t.like(stat(at("fifo")), { mode: 0o620 });
  t.like(stat("/dev/null"), { kind: "char", mode: 0o666, major: 1, minor: 3 });
});

test("names are missing if nothing is there, and not if one cannot be looked up", (t) => {
  const base = makeBase(t);
  writeFileSync(join(base, "file"), "");
  symlinkSync("/nowhere", join(base, "link"));
  symlinkSync("loop", join(base, "loop"));
  const missing = (...names: readonly string[]) => areMissing(names.map((name) => `${base}/${name}`));
  t.true(missing("none", "none/deep", "file/below", "link/below"));
  for (const name of ["file", "link", "loop/below", "a\0b", "n".repeat(300)]) t.false(missing("none", name), name);
});
