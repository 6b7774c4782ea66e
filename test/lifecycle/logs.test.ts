// What a program writes that nobody waits for: kept by a satellite, read by others, bounded, and gone with the container.
import { existsSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { whoOpens } from "../defence/satellites.ts";
import { command, pause, until } from "../helpers/command.ts";
import { rootlessPatch } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { fails, makeBox, ok, stateOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { readLogFiles } from "../helpers/log-files.ts";
import { needs } from "../helpers/needs.ts";
import type { RunOptions } from "../helpers/peers/runtimes.ts";
import { startVerb, verbWords } from "../helpers/peers/runtimes.ts";
import { makeRoot } from "../helpers/root.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

/** A box whose program is a script for busybox. */
function scriptBox(t: ExecutionContext, script: string, patch: Patch = {}): Box {
  const box = makeBox(t, { "/process/args": ["/bin/sh", "-c", script], ...patch });
  makeRoot(join(box.path, "rootfs"));
  return { ...box, before: snapshot(box) };
}

const begin = (t: ExecutionContext, box: Box, flag = "--keep-output", options: RunOptions = {}) =>
  ok(t, box, "run", ["--detach", flag, "--bundle", box.path, box.tag], options);

const logs = (t: ExecutionContext, box: Box, ...args: readonly string[]) => ok(t, box, "logs", [...args, box.tag]);

const placeOf = (box: Box): string => join(box.state, box.tag);

/** Who keeps the output of the box's container. */
const keepersOf = (box: Box): readonly number[] => whoOpens(join(placeOf(box), "log.0"));

const stopped = (t: ExecutionContext, box: Box) =>
  until("it has ended", async () => (await stateOf(t, box)).status === "stopped");

const ended = (box: Box) => until("nobody keeps its output any more", () => keepersOf(box).length === 0);

test.serial("what a detached container writes is kept, for others and after its end", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "echo out; sleep 0.2; echo err >&2; sleep 0.2; printf 'a\\tb\\033[1m'");
  await begin(t, box);
  await stopped(t, box);
  const { stdout, stderr } = await logs(t, box);
  t.deepEqual([stdout, stderr], ["out\na\tb\x1b[1m", "err\n"]);
  t.like(readLogFiles(placeOf(box)), { stdout, stderr }, "the second reader reads the same");
  t.regex(
    (await logs(t, box, "--timestamps")).stdout,
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) out\n\d{4}-\S+\.\d{9}Z a\tb/,
  );
  t.like(await logs(t, box, "--tail", "2"), { stdout: "a\tb\x1b[1m", stderr: "err\n" });
  t.like(await logs(t, box, "--tail", "1"), { stdout: "a\tb\x1b[1m", stderr: "" });
  for (const name of ["log.0", "log.1"]) t.is(statSync(join(placeOf(box), name)).mode & 0o7777, 0o400);
  await ok(t, box, "delete", [box.tag]);
  t.false(existsSync(placeOf(box)));
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a terminal gets no control characters of a container", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "printf 'a\\tb\\033]0;title\\007\\233\\r\\n'");
  await begin(t, box);
  await stopped(t, box);
  const words = verbWords("coffer", box, "logs", [box.tag]).join(" ");
  const { stdout } = await command(["script", "-qec", words, "/dev/null"]);
  t.is(stdout, "a\tb\\x1b]0;title\\x07\\x9b\\x0d\r\n");
});

test.serial("a follower gets what comes, and ends with the container", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "echo begun; until [ -e /mnt/go ]; do sleep 0.1; done; echo over", {
    "/root/readonly": false,
  });
  await begin(t, box);
  const follower = startVerb("coffer", box, "logs", ["--follow", box.tag]);
  await follower.saw("begun");
  await pause(300);
  await ok(t, box, "exec", [box.tag, "/bin/mkdir", "/mnt/go"]);
  t.like(await follower.done, { exitCode: 0, stdout: "begun\nover\n" });
  await ended(box);
});

test.serial("a follower ends with what was deleted", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "echo begun; sleep 1000");
  await begin(t, box);
  const follower = startVerb("coffer", box, "logs", ["--follow", box.tag]);
  await follower.saw("begun");
  await ok(t, box, "delete", ["--force", box.tag]);
  t.is((await follower.done).exitCode, 0);
  await ended(box);
});

test.serial("what writes without end takes no more than its size, and the newest stays", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; busybox yes & sleep 1");
  await begin(t, box, "--keep-output=128k");
  for (let tries = 0; tries < 20; tries += 1) {
    await pause(50);
    t.true(readLogFiles(placeOf(box)).size <= 128 * 1024);
  }
  t.is((await logs(t, box, "--tail", "1")).stdout.length > 0, true, "a reader ends though the writer does not");
  await stopped(t, box);
  await ended(box);
  const { size } = readLogFiles(placeOf(box));
  t.true(size > 60 * 1024 && size <= 128 * 1024, `${size}`);
});

test.serial("a full log has the last lines without a gap", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "i=0; while [ $i -lt 9999 ]; do echo $i; i=$((i+1)); done");
  await begin(t, box, "--keep-output=64k");
  await stopped(t, box);
  // The first one may be the rest of a line whose begin went with an older part.
  const [, ...lines] = (await logs(t, box)).stdout.trimEnd().split("\n").map(Number);
  const first = lines[0] ?? 0;
  t.true(first > 5000 && lines.length > 700, `${lines.length} from ${first}`);
  t.deepEqual(
    lines,
    Array.from({ length: 9999 - first }, (_, index) => first + index),
  );
});

test.serial("what a program writes cannot look like a record", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const forged = "1700000000.000000000 coffer F part 9";
  const box = scriptBox(t, `echo '${forged}'; printf 'x\\n${forged}\\n'; printf '\\0\\r${forged}'; echo; echo last`);
  await begin(t, box);
  await stopped(t, box);
  t.is((await logs(t, box)).stdout, `${forged}\nx\n${forged}\n\0\r${forged}\nlast\n`);
});

test.serial("who keeps the output is confined, has its descriptors alone, and outlives no container", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "sleep 1000");
  await begin(t, box);
  const [keeper = 0, ...more] = keepersOf(box);
  t.deepEqual(more, []);
  t.is(readlinkSync(`/proc/${keeper}/cwd`), "/");
  t.is(statSync(join(placeOf(box), "log.0")).mode & 0o7777, 0o600);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await ended(box);
  t.is((await stateOf(t, box)).status, "stopped");
});

test.serial("it ends with the first process, whoever has the pipe", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  // Without a pid namespace what is left goes on, and writes.
  const box = scriptBox(t, "(trap '' PIPE; while :; do echo x || sleep 0.1; done) & sleep 0.3; echo over", {
    "/linux/namespaces": [{ type: "mount" }],
    "/hostname": undefined,
  });
  await begin(t, box, "--keep-output=64k");
  await stopped(t, box);
  await ended(box);
  t.is((await logs(t, box, "--follow")).exitCode, 0);
});

test.serial("a program that reads its own pipe, or makes it large, harms nobody", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(
    t,
    "busybox cat /proc/$$/fd/1 >/dev/null & busybox yes & sleep 0.5; kill $!; sleep 0.3; echo over >&2",
  );
  await begin(t, box, "--keep-output=64k");
  await stopped(t, box);
  await ended(box);
  t.is((await logs(t, box)).stderr, "over\n");
});

test.serial("a launch that fails leaves neither files nor who keeps them", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/missing"] });
  await fails(t, box, "run", ["--detach", "--keep-output", "--bundle", box.path, box.tag], /missing/, 127);
  t.false(existsSync(placeOf(box)));
  await nothingLeft(t, box, box.before);
});

test.serial("a launch fails with who keeps its output", async (t) => {
  if (!(await needs(t, "root"))) return;
  const args = ["sh", "-c", "until [ -e $BASE/go ]; do sleep 0.05; done"];
  const box = makeBox(t, { "/hooks": { createRuntime: [{ path: "/bin/sh", args, env: ["PATH=/usr/bin:/bin"] }] } });
  const { done } = startVerb("coffer", box, "run", ["--detach", "--keep-output", "--bundle", box.path, box.tag]);
  await until("it is there", () => keepersOf(box).length > 0);
  for (const keeper of keepersOf(box)) process.kill(keeper, "SIGKILL");
  writeFileSync(join(box.base, "go"), "");
  const { exitCode, stderr } = await done;
  t.is(exitCode, 125);
  t.regex(stderr, /satellite/);
  await nothingLeft(t, box, box.before);
});

test.serial("a follower ends with the container although nobody keeps its output any more", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
  await begin(t, box);
  for (const keeper of keepersOf(box)) process.kill(keeper, "SIGKILL");
  await ended(box);
  const follower = startVerb("coffer", box, "logs", ["--follow", box.tag]);
  await pause(300);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "kill", [box.tag, "KILL"]);
  const { exitCode, stderr } = await follower.done;
  t.is(exitCode, 0);
  t.regex(stderr, /the end of the log of container \S+ is missing/);
});

test.serial("output that is lost is told where it would be", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const wait = (name: string): string => `until [ -e /${name} ]; do sleep 0.02; done`;
  // Each takes more than what is free once the older part is given up.
  const lines = "i=0; while [ $i -lt 10 ]; do busybox seq -s ' ' 2500; i=$((i+1)); done";
  const box = scriptBox(t, `echo before; ${wait("full")}; ${lines}; ${wait("free")}; echo after`);
  const [run, follow, remove] = [
    verbWords("coffer", box, "run", ["--detach", "--keep-output", "--bundle", box.path, box.tag]),
    verbWords("coffer", box, "logs", ["--follow", box.tag]),
    verbWords("coffer", box, "delete", ["--force", box.tag]),
  ].map((words) => words.join(" "));
  const script = [
    `mkdir -p ${box.state} && mount -t tmpfs -o size=256k,mode=0700 tmpfs ${box.state}`,
    `${run} </dev/null >/dev/null`,
    `sleep 0.3; dd if=/dev/zero of=${box.state}/filler bs=4k 2>/dev/null; touch ${box.path}/rootfs/full`,
    `sleep 0.7; rm ${box.state}/filler; touch ${box.path}/rootfs/free`,
    `${follow}; ${remove}`,
  ].join("\n");
  const { stdout, stderr } = await command(["unshare", "-m", "--propagation", "private", "sh", "-c", script]);
  t.regex(stdout, /after\n$/);
  t.notRegex(stdout, /1 2 3/);
  t.regex(stderr, /\d{4,} bytes of the log of container \S+ were lost here: no space was left/);
});

test.serial("a file system that is full loses output, and holds no container up", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "i=0; while [ $i -lt 9999 ]; do echo line $i; i=$((i+1)); done; exec sleep 0.1");
  const [run, follow, remove] = [
    verbWords("coffer", box, "run", ["--detach", "--keep-output", "--bundle", box.path, box.tag]),
    verbWords("coffer", box, "logs", ["--follow", "--tail", "1", box.tag]),
    verbWords("coffer", box, "delete", ["--force", box.tag]),
  ].map((words) => words.join(" "));
  const script = `mkdir -p ${box.state} && mount -t tmpfs -o size=192k,mode=0700 tmpfs ${box.state} && ${run} </dev/null >/dev/null && sleep 1 && ${follow}; ${remove}; ls ${box.state}`;
  const { stdout } = await command(["unshare", "-m", "--propagation", "private", "sh", "-c", script]);
  t.is(stdout, "line 9998\n");
});

test.serial("an ordinary user has logs", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
  const { uid, gid } = userIds();
  const box = scriptBox(t, "echo out >/dev/stdout; echo err >/dev/stderr", rootlessPatch(uid, gid));
  const options = { env: giveToUser(box), prefix: asUser };
  await begin(t, box, "--keep-output", options);
  const { stdout, stderr } = await ok(t, box, "logs", ["--follow", box.tag], options);
  t.deepEqual([stdout, stderr], ["out\n", "err\n"]);
  await ok(t, box, "delete", ["--force", box.tag], options);
});

test.serial("a user of the container opens /dev/stdout", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t, "echo out >/dev/stdout", { "/process/user": { uid: 1000, gid: 1000 } });
  await begin(t, box);
  t.is((await logs(t, box, "--follow")).stdout, "out\n");
});

const refused = test.macro({
  exec: async (t: ExecutionContext, args: readonly string[], error: RegExp) => {
    const box = makeBox(t);
    await fails(t, box, "run", [...args, "--bundle", box.path, box.tag], error, 125);
  },
  title: (_, args: readonly string[]) => `refused: run ${args.join(" ")}`,
});

test(refused, ["--keep-output"], /only with --detach/);
test(refused, ["--detach", "--keep-output=1k"], /give 64k to 1g/);
test(refused, ["--detach", "--keep-output=much"], /no size/);

test.serial("a container without a log has none to print", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  await ok(t, box, "run", ["--detach", "--bundle", box.path, box.tag], { env: {} });
  await fails(t, box, "logs", [box.tag], /nothing is kept of what container/);
  await fails(t, box, "logs", ["none"], /does not exist/);
});
