// What others get to know of a container: that it is ready (NOTIFY_SOCKET, sd_notify(3)), and its pidfd (--pidfd-socket).
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Running } from "../helpers/command.ts";
import { start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox, ok, runDetached } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { cleanUp, nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { runVerb } from "../helpers/peers/runtimes.ts";

const says = (text: string, ms = 1000): Patch => ({ "/process/args": ["/probe", "notify", text, `${ms}`] });

async function listen(t: ExecutionContext, box: Box, tool: "notify" | "pidfd"): Promise<Running> {
  const listener = start([tools(), tool, join(box.base, "sock")], { timeoutMs: 60_000 });
  await listener.saw("listening");
  t.teardown(() => cleanUp(box));
  return listener;
}

/** What was told, the pid as a word. */
const told = (listener: Running, pid = "PID"): readonly string[] =>
  listener
    .output()
    .split("\n")
    .filter((line) => line.startsWith("got "))
    .map((line) => line.replace(/MAINPID=\d+/, `MAINPID=${pid}`));

const files = ["sh", "-c", 'exec "$@" >/dev/null 2>&1 </dev/null', "sh"];

/** Runs a verb whose container outlives it: its streams are none of ours. */
async function verb(t: ExecutionContext, name: RuntimeName, box: Box, ...words: readonly string[]): Promise<number> {
  const [first = "", ...rest] = words;
  const env = { NOTIFY_SOCKET: join(box.base, "sock") };
  const prefix = name === "coffer" ? files : [];
  const began = Date.now();
  const { exitCode, stderr } = await runVerb(name, box, first, rest, { env, prefix });
  t.is(exitCode, 0, `${name} ${words.join(" ")}: ${stderr}`);
  return Date.now() - began;
}

/** The words of a verb, and what the waiting process gets. */
type Way = readonly [title: string, verbs: (box: Box) => readonly (readonly string[])[]];

const detached: readonly Way[] = [
  ["run --detach", (box) => [["run", "--detach", "--bundle", box.path, box.tag]]],
  [
    "create and start",
    (box) => [
      ["create", "--bundle", box.path, box.tag],
      ["start", box.tag],
    ],
  ],
];

for (const [title, verbs] of detached)
  for (const name of ["coffer", "runc"] as const)
    test.serial(`${name} ${title}: ready, the main pid, a barrier`, async (t) => {
      if (!(await needs(t, "root", name === "runc" ? "runc" : "root"))) return;
      const box = makeBox(t, says("READY=1"));
      const listener = await listen(t, box, "notify");
      const check = async (tt: ExecutionContext): Promise<void> => {
        for (const words of verbs(box)) await verb(tt, name, box, ...words);
        // Debian's runc is older than its barrier: what it has sent may still be on its way when it has ended.
        const barrier = name === "runc" ? [] : ["got [BARRIER=1] fd"];
        if (name === "runc") await until("the main pid is told", () => told(listener).length === 2);
        tt.deepEqual(told(listener), ["got [READY=1 ]", "got [MAINPID=PID ]", ...barrier]);
      };
      await (name === "runc" ? beside(t, [name], check) : check(t));
      await runVerb(name, box, "delete", ["--force", box.tag]);
      cleanUp(box);
      await nothingLeft(t, box, box.before);
    });

// runc tells its own pid besides, which whoever started it knows; it looks for the word at the beginning of a message only.
test.serial("run in the foreground tells while it waits", async (t) => {
  const box = makeBox(t, says("STATUS=nearly\nREADY=1\nX=1", 2000));
  const listener = await listen(t, box, "notify");
  const outcome = await runVerb("coffer", box, "run", ["--bundle", box.path, box.tag], {
    env: { NOTIFY_SOCKET: join(box.base, "sock") },
  });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.deepEqual(told(listener), ["got [READY=1 ]", "got [BARRIER=1] fd"]);
  cleanUp(box);
  await nothingLeft(t, box, box.before);
});

test.serial("a container that tells more than anybody reads is not held up", async (t) => {
  const box = makeBox(t, says("READY=1", 100));
  const listener = await listen(t, box, "notify");
  const outcome = await runVerb("coffer", box, "run", ["--bundle", box.path, box.tag], {
    env: { NOTIFY_SOCKET: join(box.base, "sock") },
    timeoutMs: 20_000,
  });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.deepEqual(told(listener), ["got [READY=1 ]", "got [BARRIER=1] fd"]);
  cleanUp(box);
  await nothingLeft(t, box, box.before);
});

test.serial("a container that ends without the word is waited for no longer; another user may tell", async (t) => {
  const box = makeBox(t, { ...says("STATUS=never", 100), "/process/user": { uid: 1000, gid: 1000 } });
  const listener = await listen(t, box, "notify");
  t.true((await verb(t, "coffer", box, "run", "--detach", "--bundle", box.path, box.tag)) < 30_000);
  t.deepEqual(told(listener), []);
  await ok(t, box, "delete", [box.tag]);
  cleanUp(box);
  await nothingLeft(t, box, box.before);
});

test.serial("while start waits for the word the container can be deleted", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
  await listen(t, box, "notify");
  await verb(t, "coffer", box, "create", "--bundle", box.path, box.tag);
  const starting = verb(t, "coffer", box, "start", box.tag);
  await until("it runs", async () => (await ok(t, box, "state", [box.tag])).stdout.includes('"running"'));
  await ok(t, box, "delete", ["--force", box.tag]);
  await starting;
  cleanUp(box);
  await nothingLeft(t, box, box.before);
});

for (const words of [["create"], ["run", "--detach"]] as const)
  test.serial(`${words[0]} sends the pidfd`, async (t) => {
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
    const listener = await listen(t, box, "pidfd");
    const [name, ...flags] = words;
    const socket = ["--pidfd-socket", join(box.base, "sock")];
    await ok(t, box, name, [...flags, ...socket, "--bundle", box.path, box.tag], { prefix: files });
    const { pid } = JSON.parse((await ok(t, box, "state", [box.tag])).stdout);
    t.is((await listener.done).stdout, `listening\nstandard Pid:\t${pid}\n`);
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  });

test.serial("exec sends the pidfd of its process", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
  await runDetached(t, box);
  const listener = await listen(t, box, "pidfd");
  const flags = ["--pidfd-socket", join(box.base, "sock"), "--pid-file", join(box.base, "pid"), "--detach"];
  await ok(t, box, "exec", [...flags, box.tag, "/probe", "sleep", "60000"], { prefix: files });
  const { stdout } = await start(["cat", join(box.base, "pid")]).done;
  t.is((await listener.done).stdout, `listening\nsetns Pid:\t${stdout}\n`);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a pidfd socket that nobody listens at is an error before anything is made", async (t) => {
  const box = makeBox(t);
  const args = ["--pidfd-socket", join(box.base, "nobody"), "--bundle", box.path, box.tag];
  const outcome = await runVerb("coffer", box, "run", args);
  t.regex(outcome.stderr, /connect-socket.*nobody.*ENOENT/);
  await nothingLeft(t, box, box.before);
});

test.serial(
  "a NOTIFY_SOCKET that nobody listens at is told of, and the container has a socket all the same",
  async (t) => {
    if (!(await needs(t, "root"))) return;
    for (const socket of ["/nobody/here", "@nobody-here"]) {
      const box = makeBox(t, { "/process/args": ["/probe", "facts"] });
      const env = { NOTIFY_SOCKET: socket };
      const outcome = await runVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { env });
      t.is(outcome.exitCode, 0, outcome.stderr);
      t.regex(
        outcome.stderr,
        /^coffer: warning: nobody is told that the container is ready: NOTIFY_SOCKET: cannot reach [^\n]*\n$/,
      );
      t.true(outcome.stdout.includes("NOTIFY_SOCKET=/run/notify/notify.sock"));
      await nothingLeft(t, box, box.before);
      const created = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
      t.is(
        (await runVerb("coffer", created, "create", ["--bundle", created.path, created.tag], { env, prefix: files }))
          .exitCode,
        0,
      );
      t.is((await runVerb("coffer", created, "start", [created.tag], { env })).exitCode, 0);
      await ok(t, created, "delete", ["--force", created.tag]);
      await nothingLeft(t, created, created.before);
    }
  },
);
