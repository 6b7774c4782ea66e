// Files that the caller names: what is written, and read, where a device, a FIFO or a link is.
import { execFileSync } from "node:child_process";
import {
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { SystemError } from "../../error.ts";
import { makeWay } from "./hold.ts";
import { readNamed } from "./named.ts";
import { appendFile, writeFile } from "./output.ts";

function makeBase(t: ExecutionContext): string {
  const base = mkdtempSync(join(tmpdir(), "cft-output-"));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  return base;
}

test("a file that is there is replaced", (t) => {
  const path = join(makeBase(t), "file");
  writeFileSync(path, "old");
  const before = lstatSync(path).ino;
  writeFile(path, "new");
  t.is(readFileSync(path, "utf8"), "new");
  t.not(lstatSync(path).ino, before);
});

test("a log is appended to, and made where it is missing", (t) => {
  const path = join(makeBase(t), "log");
  appendFile(path, "one\n");
  appendFile(path, "two\n");
  t.is(readFileSync(path, "utf8"), "one\ntwo\n");
});

test("a character device is written to, not replaced", (t) => {
  for (const write of [writeFile, appendFile])
    t.true(
      SystemError.is(
        t.throws(() => write("/dev/full", "x")),
        "ENOSPC",
      ),
    );
  t.true(lstatSync("/dev/full").isCharacterDevice());
});

test("a FIFO that somebody reads is written to, not replaced", (t) => {
  const path = join(makeBase(t), "fifo");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  writeFile(path, "x");
  appendFile(path, "y");
  t.is(readFileSync(reader, "utf8"), "xy");
  t.true(lstatSync(path).isFIFO());
});

/** What may be at a path, made by a script in the test's directory. The devices are of a driver that there is not. */
const refusals: readonly (readonly [string, string, string])[] = [
  ["a link to a file", "echo old > file; ln -s file at", "ELOOP"],
  ["a link to nothing", "ln -s nothing at", "ELOOP"],
  ["a link to a character device", "ln -s /dev/full at", "ELOOP"],
  ["a link to a block device", "mknod node b 259 1048575; ln -s node at", "ELOOP"],
  ["a block device", "mknod at b 259 1048575", "EPERM"],
  ["a FIFO that nobody reads", "mkfifo at", "ENXIO"],
  ["a directory", "mkdir at", "EISDIR"],
];

const isRefused = test.macro({
  exec(t, _title: string, script: string, errno: string) {
    if (script.includes("mknod") && process.getuid?.() !== 0) {
      t.pass();
      return;
    }
    const base = makeBase(t);
    execFileSync("sh", ["-ec", script], { cwd: base });
    const at = join(base, "at");
    const before = lstatSync(at);
    for (const write of [writeFile, appendFile]) {
      const error = t.throws(() => write(at, "x"));
      t.true(SystemError.is(error, errno), String(error));
    }
    t.is(lstatSync(at).ino, before.ino);
    if (before.isSymbolicLink() && readlinkSync(at) === "file") t.is(readFileSync(at, "utf8"), "old\n");
  },
  title: (_provided, title: string) => `${title} is not written to`,
});

for (const row of refusals) test(isRefused, ...row);

test("no link of another user is followed on the way", (t) => {
  if (process.getuid?.() !== 0) {
    t.pass();
    return;
  }
  const base = makeBase(t);
  execFileSync(
    "sh",
    ["-ec", "mkdir -p own/a; ln -s own link; ln -s $PWD/own/a own/b; ln -s own other; chown -h 23456 other"],
    { cwd: base },
  );
  for (const way of ["link/file", "link/b/file", "own/../link/./file"]) {
    writeFile(join(base, "/") + way, "x");
    appendFile(join(base, "/") + way, "y");
  }
  t.is(readFileSync(join(base, "own/file"), "utf8"), "xy");
  t.is(readFileSync(join(base, "own/a/file"), "utf8"), "xy");
  for (const write of [writeFile, appendFile, (path: string) => writeFile(path, "x", { exclusive: true })])
    for (const name of ["file", "new"]) {
      const error = t.throws(() => write(join(base, "other", name), "z"), { instanceOf: SystemError });
      t.is(error.errno, "EACCES");
      t.regex(error.reason ?? "", /other" is a symbolic link of user 23456/);
    }
  t.throws(() => makeWay(join(base, "other/x/y")), { message: /EACCES/ });
  makeWay(join(base, "link/x/y"));
  t.true(statSync(join(base, "own/x/y")).isDirectory());
  t.is(readFileSync(join(base, "own/file"), "utf8"), "xy");
});

const module = JSON.stringify(new URL("output.ts", import.meta.url).href);

/** Writes in a process whose standard output is given by the shell. Node's own pipes are sockets, which nothing opens. */
function writeInChild(path: string, size: number, shell: string): string {
  const script = `const { writeFile } = await import(${module}); writeFile(${JSON.stringify(path)}, "x".repeat(${size}))`;
  const argv = [process.execPath, ...process.execArgv, "--input-type=module", "-e", script];
  return execFileSync("sh", ["-c", `"$@" ${shell}`, "sh", ...argv], { encoding: "utf8" }).trim();
}

test("links that stand for a descriptor of the process are followed", (t) => {
  const base = makeBase(t);
  const link = join(base, "link");
  symlinkSync("/dev/stdout", link);
  for (const path of ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", link])
    t.is(writeInChild(path, 300_000, "| { sleep 0.2; wc -c; }"), "300000");
  writeInChild("/dev/stdout", 10, `> ${base}/file`);
  t.is(statSync(join(base, "file")).size, 10);
});

const devices: readonly (readonly [string, string])[] = [
  ["a character device", "mknod at c 1 5"],
  ["a link to a character device", "ln -s /dev/zero at"],
  ["a block device", "mknod at b 259 1048575"],
];

const isNotRead = test.macro({
  exec(t, _title: string, script: string) {
    if (script.includes("mknod") && process.getuid?.() !== 0) {
      t.pass();
      return;
    }
    const base = makeBase(t);
    execFileSync("sh", ["-ec", script], { cwd: base });
    t.true(
      SystemError.is(
        t.throws(() => readNamed(join(base, "at"), 100)),
        "EPERM",
      ),
    );
  },
  title: (_provided, title: string) => `${title} is not opened to be read`,
});

for (const row of devices) test(isNotRead, ...row);

test("a file, a link to it and a pipe are read", (t) => {
  const base = makeBase(t);
  const path = join(base, "file");
  writeFileSync(path, "text");
  symlinkSync("file", join(base, "link"));
  execFileSync("mkfifo", [join(base, "fifo")]);
  const fifo = openSync(join(base, "fifo"), constants.O_RDWR);
  for (const at of [path, join(base, "link")]) t.is(Buffer.from(readNamed(at, 4)).toString(), "text");
  t.true(
    SystemError.is(
      t.throws(() => readNamed(path, 3)),
      "EFBIG",
    ),
  );
  writeFileSync(fifo, "12345");
  t.true(
    SystemError.is(
      t.throws(() => readNamed(join(base, "fifo"), 4)),
      "EFBIG",
    ),
  );
});
