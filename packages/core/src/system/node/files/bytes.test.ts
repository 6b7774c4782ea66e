// Names that are not UTF-8, with a look-alike beside each that has U+FFFD, as Node would make of it. Nothing may touch that.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import test from "ava";
import { SystemError } from "../../error.ts";
import { isBound } from "../launch/bound.ts";
import { findHelper } from "../launch/helper.ts";
import { launchHelper } from "../launch/launch.ts";
import { takeLock } from "../launch/lock.ts";
import { openDir } from "./dir.ts";
import * as files from "./files.ts";
import { makeWay } from "./hold.ts";
import { readLines } from "./lines.ts";
import { writeFile } from "./output.ts";

const raw = "a\udcff\udcc3b";
const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x62]);
const lookAlike = "a\ufffd\ufffdb";

interface Place {
  /** The directory with the raw name, as the port has it. */
  readonly path: string;
  readonly base: string;
  /** The same in Node's form. */
  readonly at: (name: string) => Buffer;
}

function makePlace(t: ExecutionContext): Place {
  const base = fs.mkdtempSync(join(tmpdir(), "cft-bytes-"));
  t.teardown(() => execFileSync("rm", ["-rf", base]));
  const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${base}/`), bytes, Buffer.from(name)]);
  fs.mkdirSync(at(""));
  fs.mkdirSync(join(base, lookAlike));
  return { path: `${base}/${raw}`, base, at };
}

function untouched(t: ExecutionContext, { base }: Place): void {
  t.deepEqual(fs.readdirSync(join(base, lookAlike)), []);
}

test("a directory is listed with names of any bytes", (t) => {
  const place = makePlace(t);
  t.deepEqual(files.listDir(place.base).toSorted(), [raw, lookAlike].toSorted());
});

test("files are written, looked at, read and removed beneath it", (t) => {
  const place = makePlace(t);
  writeFile(`${place.path}/f`, "one", { exclusive: true });
  t.throws(() => writeFile(`${place.path}/f`, "two", { exclusive: true }), { message: /EEXIST/ });
  writeFile(`${place.path}/f`, "\udcfe");
  t.deepEqual([...fs.readFileSync(place.at("/f"))], [0xfe]);
  t.is(files.readText(`${place.path}/f`, 9), "\udcfe");
  t.is(files.stat(`${place.path}/f`).kind, "file");
  t.true(files.canAccess(`${place.path}/f`, "write"));
  makeWay(`${place.path}/x/${raw}/y`);
  t.is(files.stat(`${place.path}/x/${raw}/y`).kind, "directory");
  writeFile(`${place.path}/x/${raw}/y/${raw}`, "");
  files.removeDir(`${place.path}/x/${raw}/y`, [raw]);
  t.deepEqual(files.listDir(`${place.path}/x/${raw}`), []);
  untouched(t, place);
});

test("links lead to any bytes", (t) => {
  const place = makePlace(t);
  fs.symlinkSync(place.at(""), place.at("/link"));
  t.is(files.readLink(`${place.path}/link`), place.path);
});

test("a held directory has files of any name", (t) => {
  const place = makePlace(t);
  const dir = openDir(place.path);
  t.teardown(() => dir.close());
  t.is(dir.path, place.path);
  dir.writeFile(raw, "text");
  fs.closeSync(dir.createFile(`${raw}.log`));
  fs.closeSync(dir.createFile(`${raw}.log`));
  t.deepEqual(dir.list().toSorted(), [raw, `${raw}.log`]);
  t.is(dir.stat(raw).kind, "file");
  t.is(Buffer.from(dir.readBytes(raw, 9)).toString(), "text");
  untouched(t, place);
});

test("a held directory has no file through a link, and none that is not regular", (t) => {
  const place = makePlace(t);
  const dir = openDir(place.path);
  t.teardown(() => dir.close());
  dir.writeFile("file", "text");
  fs.symlinkSync("file", place.at("/link"));
  execFileSync("mkfifo", ["/proc/self/fd/3/fifo"], { stdio: ["ignore", "ignore", "inherit", dir.fd] });
  fs.mkdirSync(place.at("/dir"));
  for (const [name, errno] of [
    ["link", "ELOOP"],
    ["fifo", "EPERM"],
    ["dir", "EPERM"],
  ] as const)
    t.is(t.throws(() => dir.readBytes(name, 9), { instanceOf: SystemError })?.errno, errno, name);
});

test("a socket beneath it is found out about", async (t) => {
  const place = makePlace(t);
  const dir = openDir(place.path);
  const server = createServer().listen(`/proc/self/fd/${dir.fd}/gate`);
  t.teardown(() => void server.close(() => dir.close()));
  await new Promise((resolve) => server.once("listening", resolve));
  t.true(await isBound(`${place.path}/gate`));
  t.false(await isBound(`${place.path}/none`));
  untouched(t, place);
});

test("a lock beneath it is taken", async (t) => {
  const place = makePlace(t);
  const helper = findHelper(undefined);
  const lock = await takeLock(helper, `${place.path}/lock`, 0);
  t.truthy(lock);
  t.is(await takeLock(helper, `${place.path}/lock`, 0), undefined);
  lock?.release();
  t.deepEqual(files.listDir(place.path), ["lock"]);
  untouched(t, place);
});

test("an input of a launch is the directory itself, and no descriptor of it is left", async (t) => {
  const place = makePlace(t);
  const before = fs.readdirSync("/proc/self/fd").length;
  const launch = await launchHelper(findHelper(undefined), {
    plan: new Uint8Array(0),
    inputs: [{ name: "state", path: place.path }],
    stdio: ["ignore", "ignore", "ignore"],
  });
  while ((await launch.nextEvent()).kind !== "exit");
  t.true(fs.readdirSync("/proc/self/fd").length <= before);
  await t.throwsAsync(
    launchHelper(findHelper(undefined), {
      plan: new Uint8Array(0),
      inputs: [{ name: "state", path: `${place.path}/none` }],
      stdio: ["ignore", "ignore", "ignore"],
    }),
    { message: /ENOENT/ },
  );
});

test("a helper whose path is not UTF-8 is refused, and a look-alike is not executed", (t) => {
  const place = makePlace(t);
  fs.copyFileSync("/bin/true", join(place.base, lookAlike, "helper"));
  fs.copyFileSync("/bin/true", place.at("/helper"));
  t.throws(() => findHelper(`${place.path}/helper`), { message: /cannot execute the helper .*\\xff/ });
});

const noBytes = test.macro({
  exec(t, text: string) {
    const place = makePlace(t);
    for (const use of [files.stat, files.listDir, (path: string) => writeFile(path, "")])
      t.true(
        SystemError.is(
          t.throws(() => use(`${place.base}/${text}`)),
          "EILSEQ",
        ),
      );
    t.true(
      SystemError.is(
        t.throws(() => writeFile(`${place.base}/f`, text)),
        "EILSEQ",
      ),
    );
  },
  title: (_, text) => `a text that stands for no bytes names nothing: ${JSON.stringify(text)}`,
});

for (const text of ["\ud800", "\udc41", "\udcc3\udca9"]) test(noBytes, text);

/** What Node says of its caller when it is started by a shell. */
function askCaller(script: string): string {
  const source = fileURLToPath(new URL("../caller.ts", import.meta.url));
  const ask = `import(${JSON.stringify(source)}).then(({ readCwd, readEnv }) => {
    const told = { cwd: readCwd(), text: readEnv().TEXT, set: readEnv().SET };
    process.env.SET = "\\ufffd";
    console.log(JSON.stringify({ ...told, set: readEnv().SET }));
  }).catch((error) => console.log(error.message))`;
  const argv = ["-c", script, "sh", process.execPath, "--disable-warning=ExperimentalWarning", "-e", ask];
  return execFileSync("sh", argv, { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } }).trim();
}

test("the working directory and the environment are told with their bytes", (t) => {
  const place = makePlace(t);
  const script = `cd "$(printf '${place.base}/a\\377\\303b')" && TEXT="$(printf 'x\\376')" SET="$(printf 'x\\376')" exec "$@"`;
  t.deepEqual(JSON.parse(askCaller(script)), { cwd: place.path, text: "x\udcfe", set: "\ufffd" });
});

test("a working directory whose name has U+FFFD itself is told as it is", (t) => {
  const place = makePlace(t);
  t.is(JSON.parse(askCaller(`cd '${place.base}/${lookAlike}' && exec "$@"`)).cwd, `${place.base}/${lookAlike}`);
});

const lines = test.macro({
  exec(t, content: Uint8Array, expected: readonly string[]) {
    const path = `${makePlace(t).path}/table`;
    writeFile(path, content);
    t.deepEqual([...readLines(path)], expected);
  },
  title: (title) => `a table ${title}`,
});

const line = "x".repeat(99);
test("that is empty", lines, Buffer.from(""), []);
test("with lines", lines, Buffer.from("a\nb\n"), ["a", "b"]);
test("without a last newline", lines, Buffer.from("a\nb"), ["a", "b"]);
test("with empty lines", lines, Buffer.from("\n\na\n\n"), ["", "", "a", ""]);
test("with bytes that are not UTF-8 in one line", lines, Buffer.from("a\n\xff\nb\n", "latin1"), ["a", "\udcff", "b"]);
test("with a byte order mark", lines, Buffer.from("\ufeffa\n"), ["\ufeffa"]);
test("longer than 4 MiB", lines, Buffer.from(`${line}\n`.repeat(50_000)), Array(50_000).fill(line));
test("with a character across chunks", lines, Buffer.from(`${"x".repeat(65_535)}é\nb\n`), [
  `${"x".repeat(65_535)}é`,
  "b",
]);
test("with a line longer than chunks", lines, Buffer.from(`${"x".repeat(300_000)}\nb`), ["x".repeat(300_000), "b"]);
