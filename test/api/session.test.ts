// Sessions: a sandbox in which more than one command runs, and whose network changes while it runs.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { SessionCommand, SessionOptions } from "@coffer/core";
import { CofferError, getContainer, list, openRuntime, openSandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const open = (box: Box, more: Partial<SessionOptions> = {}) =>
  openSandbox({ runtime: openRuntime({ root: box.state }), cwd: box.path, tools: "none", ...more });

const sh = (script: string) => ({ args: ["sh", "-c", script] });

/** What a command of somebody's own `spawn` says, and how it ends. */
async function run({ file, args, env }: SessionCommand, signal?: NodeJS.Signals) {
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (status) => resolve(status)));
  if (signal !== undefined) {
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill(signal);
  }
  const out = await text(child.stdout);
  return { out, status: await ended };
}

test.serial("commands of a session share files, processes and limits, and end with it", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  {
    await using session = await open(box, { writable: true, env: { A: "1", PATH: "/nowhere:/usr/bin:/bin" } });
    t.like(await session.exec(sh("echo $A$B > made; echo hi > /tmp/x; sleep 1000 >&- 2>&- & echo $!")), {
      exitCode: 0,
    });
    t.is(readFileSync(join(box.path, "made"), "utf8"), "1\n");
    t.like(await session.exec({ ...sh("cat /tmp/x; echo $A$B"), env: { B: "2" } }), { stdout: "hi\n12\n" });
    t.regex((await session.exec(sh("cat /proc/*/comm"))).stdout, /^sleep$/m);
    t.deepEqual(
      (await list({ runtime: openRuntime({ root: box.state }) })).map(({ id, status }) => [id, status]),
      [[session.id, "running"]],
    );
  }
  t.deepEqual(readdirSync(box.state), []);
  await nothingLeft(t, box, box.before);
});

test.serial("a command of a session runs in it by somebody else's spawn, as often as wanted", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const session = await open(box);
  const command = await session.command(["sh", "-c", "pwd; id -u >&2; echo '$B'; exit 3"], { env: { B: "it's" } });
  const words = await session.command(["sh", "-c", 'echo "$B"; touch no'], { env: { B: "it's" } });
  for (const _ of [1, 2]) t.deepEqual(await run(command), { out: `${box.path}\n$B\n`, status: 3 });
  t.deepEqual(await run({ ...words, file: "/bin/sh", args: ["-c", words.shell] }), { out: "it's\n", status: 1 });
  t.false(existsSync(join(box.path, "no")));
  const trap = await session.command([
    "sh",
    "-c",
    "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done",
  ]);
  t.deepEqual(await run(trap, "SIGTERM"), { out: "got\n", status: 5 });
  await session.close();
  t.is((await run(command)).status, 2, "its plan is gone with the session");
  await nothingLeft(t, box, box.before);
});

test.serial("a session ends when its process is stopped, killed from inside, or aborted", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const stopped = await open(box);
  await stopped.exec(sh("kill -STOP 2; kill -STOP $(cat /proc/2/stat | cut -d ' ' -f 1)"));
  await stopped.close();
  const killed = await open(box);
  void killed.exec(sh("kill -KILL 2; sleep 1000")).catch(() => {});
  await killed.ended;
  await killed.close();
  const controller = new AbortController();
  const aborted = await open(box, { signal: controller.signal });
  const running = aborted.exec({ args: ["sleep", "1000"] });
  await running.started;
  controller.abort();
  await aborted.ended;
  t.like(await running, { signal: "SIGKILL" });
  const error = await aborted.exec({ args: ["true"] }).catch((thrown: unknown) => thrown);
  t.true(CofferError.is(error, "E_CONTAINER_NOT_FOUND", "E_CONTAINER_STATE"));
  await nothingLeft(t, box, box.before);
});

/** A port of the host at which a server says what it was asked for. */
async function serve(t: ExecutionContext): Promise<number> {
  const server = createServer((request, response) => void response.write(`you asked ${request.url}\n`));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const ask = (port: number, then = "read -r _ code _ <&3; echo $code") =>
  sh(
    `exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/31280 && printf "GET http://127.0.0.1:${port}/ HTTP/1.1\\r\\n\\r\\n" >&3 && ${then}'`,
  );

test.serial(
  "hosts are allowed and denied while a session runs, and what is denied loses its connections",
  async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const port = await serve(t);
    await using session = await open(box, { network: { allow: [] } });
    t.like(await session.exec(ask(port)), { stdout: "403\n" });
    session.allow(`127.0.0.1:${port}`);
    t.like(await session.exec(ask(port)), { stdout: "200\n" });
    const open_ = session.exec(ask(port, "cat <&3 >&2; echo over"));
    let isOver = false;
    void open_.then(() => (isOver = true));
    for await (const line of open_.lines("stderr")) if (line.startsWith("you asked")) break;
    t.false(isOver);
    session.deny("127.0.0.1");
    t.like(await open_, { stdout: "over\n" });
    t.like(await session.exec(ask(port)), { stdout: "403\n" });
    session.allow(`127.0.0.1:${port}`);
    t.like(await session.exec(ask(port)), { stdout: "403\n" }, "what is denied stays denied");
    const none = await open(box);
    t.is(t.throws(() => none.allow("a.org"), { code: "E_USAGE" }).message.includes("network: { allow: [] }"), true);
    await none.close();
  },
);

test.serial("a policy holds for hosts that are allowed later, and for those that are asked about", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const port = await serve(t);
  const policy = { version: 1, egress: { allowed: ["a.org", "127.0.0.1"] } };
  const asked: unknown[] = [];
  const onAsked = (target: unknown): boolean => asked.push(target) > 0;
  await using session = await open(box, { policy, onAsked });
  t.throws(() => session.allow("b.org"), { code: "E_POLICY" });
  session.allow("a.org");
  t.like(await session.exec(ask(port)), { stdout: "200\n" });
  t.deepEqual(asked, [{ host: "127.0.0.1", port }]);
  const other = ask(port).args.map((word) => word.replaceAll("http://127.0.0.1:", "http://127.0.0.2:"));
  t.like(await session.exec({ args: other }), { stdout: "403\n" });
  t.is(asked.length, 2);
});

test.serial("another program finds a session by its name, and waits for its end", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const runtime = openRuntime({ root: box.state });
  const session = await open(box, { name: "mine" });
  const found = await getContainer("mine", { runtime });
  t.is(found.pid, session.pid);
  t.like(await found.exec({ args: ["echo", "hi"] }), { stdout: "hi\n" });
  let isOver = false;
  const waiting = found.wait().then(() => (isOver = true));
  await until("the session is there", () => existsSync(join(box.state, "mine")));
  t.false(isOver);
  await session.close();
  await waiting;
});
