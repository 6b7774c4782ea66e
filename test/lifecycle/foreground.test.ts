// run in the foreground: exit codes, signals, streams, terminals, descriptors.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { isNative } from "../helpers/callers/front.ts";
import { command, pause, start, until } from "../helpers/command.ts";
import { create, makeBox, ok, stopped } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { beside } from "../helpers/peers/peers.ts";
import { runBundle, runVerb, startVerb } from "../helpers/peers/runtimes.ts";

const exits = test.macro({
  exec: async (t, args: readonly string[], exitCode: number) => {
    const box = makeBox(t, { "/process/args": ["/probe", ...args] });
    const outcome = await runBundle("coffer", box);
    t.is(outcome.exitCode, exitCode, outcome.stderr);
    t.is(outcome.stderr, "");
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, args: readonly string[], exitCode: number) => `${args.join(" ")} gives ${exitCode}`,
});

for (const code of [0, 1, 2, 42, 63, 64, 77, 99, 124, 125, 126, 127, 128, 129, 137, 143, 192, 254, 255]) {
  test.serial(exits, ["exit", String(code)], code);
}
for (const signal of [1, 6, 9, 11, 15]) test.serial(exits, ["child", "raise", String(signal)], 128 + signal);

const hostPids = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));

const endsBySignal = test.macro({
  exec: async (t, signal: NodeJS.Signals, exitCode: number) => {
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], "/linux/namespaces": hostPids });
    const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
    await running.saw("ready");
    process.kill(running.pid, signal);
    t.is((await running.done).exitCode, exitCode);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, signal: NodeJS.Signals, exitCode: number) =>
    `${signal} to the runtime ends the container: ${exitCode}`,
});

test.serial(endsBySignal, "SIGTERM", 143);
test.serial(endsBySignal, "SIGINT", 130);
test.serial(endsBySignal, "SIGHUP", 129);
test.serial(endsBySignal, "SIGUSR1", 138);

test.serial("who runs a container locks nobody out meanwhile", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"], "/linux/namespaces": hostPids });
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  await running.saw("ready");
  const lock = await command(["flock", "-w", "10", join(box.state, box.tag, "lock"), "true"]);
  t.is(lock.exitCode, 0, lock.stderr);
  process.kill(running.pid, "SIGTERM");
  t.is((await running.done).exitCode, 143);
  await nothingLeft(t, box, box.before);
});

test.serial("signals are passed on", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "signals", "4"] });
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  await running.saw("ready");
  const signals = [
    ["SIGHUP", 1],
    ["SIGUSR2", 12],
    ["SIGTERM", 15],
    ["SIGINT", 2],
  ] as const;
  for (const [name, number] of signals) {
    process.kill(running.pid, name);
    await running.saw(`signal ${number}\n`);
  }
  t.is((await running.done).exitCode, 42);
  await nothingLeft(t, box, box.before);
});

test.serial("stdin, stdout and stderr pass whole", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "cat"] });
  const input = "0123456789abcdef".repeat(1 << 16);
  const outcome = await runVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { input });
  t.is(outcome.stdout.length, input.length);
  t.true(outcome.stdout === input);
  await nothingLeft(t, box, box.before);
});

test.serial("stderr is apart from stdout", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "stderr", "to the side"] });
  const outcome = await runBundle("coffer", box);
  t.is(outcome.stdout, "");
  t.is(outcome.stderr, "to the side\n");
});

const onTerminal = { "/process/terminal": true } as const;

test.serial("a terminal passes everything and is as before", async (t) => {
  const box = makeBox(t, { ...onTerminal, "/process/args": ["/probe", "bytes", "300000"] });
  const outcome = await runBundle("coffer", box, { prefix: [tools(), "pty", "24x80", "--"] });
  t.is(outcome.exitCode, 0);
  t.is(outcome.stdout.length, 300_000);
  t.is(outcome.stderr, "modes kept\n");
  await nothingLeft(t, box, box.before);
});

const piped = test.macro({
  exec: async (t, script: string) => {
    const box = makeBox(t, { ...onTerminal, "/process/args": ["/probe", "echo", "line"] });
    const shell = ["sh", "-c", `${script} | od -An -c`, "sh"];
    const outcome = await runBundle("coffer", box, { prefix: [tools(), "pty", "24x80", "--", ...shell] });
    t.is(outcome.stdout.trim().replaceAll(/\s+/g, " "), "l i n e \\n");
    await nothingLeft(t, box, box.before);
  },
  title: (title) => `the output of a terminal through a pipe has no carriage return: ${title}`,
});
test.serial("standard input is a terminal", piped, '"$@"');
test.serial("standard input is a pipe, standard error a terminal", piped, 'true | "$@"');
test.serial("only the session has a terminal", piped, 'true | "$@" 2>/dev/null');

test.serial("a terminal has the caller's size and follows it", async (t) => {
  const box = makeBox(t, { ...onTerminal, "/process/args": ["/probe", "window", "1"] });
  const prefix = [tools(), "pty", "30x90", "--"];
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { prefix });
  await running.saw("30x90");
  process.kill(running.pid, "SIGUSR1");
  await running.saw("40x100");
  t.is((await running.done).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("a terminal keeps the size that the config gives it, until the caller's changes", async (t) => {
  const size = { height: 33, width: 44 };
  const box = makeBox(t, {
    ...onTerminal,
    "/process/consoleSize": size,
    "/process/args": ["/probe", "window", "1"],
  });
  const prefix = [tools(), "pty", "30x90", "--"];
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { prefix });
  await running.saw("33x44");
  await pause(300);
  process.kill(running.pid, "SIGUSR1");
  await running.saw("40x100");
  t.notRegex((await running.done).stdout, /30x90/);
  await nothingLeft(t, box, box.before);
});

test.serial("what is typed arrives", async (t) => {
  const box = makeBox(t, { ...onTerminal, "/process/args": ["/probe", "cat"] });
  const prefix = [tools(), "pty", "24x80", "--"];
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { prefix, keepStdin: true });
  await until("the container runs", async () =>
    (await runVerb("coffer", box, "state", [box.tag])).stdout.includes('"running"'),
  );
  running.write("typed\r");
  await running.saw("typed\r\ntyped\r\n");
  running.write("\u0004");
  t.is((await running.done).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("a terminal without one is refused", async (t) => {
  const box = makeBox(t, onTerminal);
  const outcome = await runBundle("coffer", box);
  t.is(outcome.exitCode, 125);
  t.regex(outcome.stderr, /^coffer: .*terminal/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a console socket gets the terminal", async (t) => {
  const box = makeBox(t, {
    ...onTerminal,
    "/process/consoleSize": { height: 33, width: 44 },
    "/process/args": ["/probe", "window", "0"],
  });
  const socket = join(box.base, "console");
  const console = start([tools(), "console", socket]);
  await console.saw("listening");
  await create(t, box, "--console-socket", socket);
  await console.saw("received");
  await ok(t, box, "start", [box.tag]);
  await console.saw("33x44");
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial(
  "flags that ask for nothing here change nothing: no pivot on a root that is no initramfs, and empty paths",
  async (t) => {
    const box = makeBox(t, { "/process/args": ["/probe", "exit", "7"] });
    const flags = ["--no-pivot", "--console-socket", "", "--pid-file=", "--bundle", box.path];
    const outcome = await runVerb("coffer", box, "run", [...flags, box.tag]);
    t.is(outcome.exitCode, 7, outcome.stderr);
  },
);

test.serial("preserved descriptors arrive, others do not", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "facts", "+file", "/proc/self/fd/3"] });
  writeFileSync(join(box.base, "passed"), "passed on\n");
  const shell = ["sh", "-c", `exec 3<${box.base}/passed 4<${box.base}/passed 7<${box.base}/passed; exec "$@"`, "sh"];
  const args = ["--preserve-fds", "2", "--bundle", box.path, box.tag];
  const outcome = await runVerb("coffer", box, "run", args, { prefix: shell });
  t.is(outcome.exitCode, 0, outcome.stderr);
  const facts = parseFacts(outcome.stdout);
  t.deepEqual(
    facts.fds.map((row) => row.fd),
    [0, 1, 2, 3, 4],
  );
  t.is(facts.extra["file /proc/self/fd/3"], "passed on\n");
});

/** A shell with descriptors 3 and 5, and without 4. */
const gap = (path: string) => ["sh", "-c", `exec 3<${path} 4<&- 5<${path}; exec "$@"`, "sh"];
const passesGap = { "/process/args": ["/probe", "facts", "+file", "/proc/self/fd/5"] };

test.serial("a descriptor that is not open stays closed, and none of the runtime's own takes its place", async (t) => {
  const box = makeBox(t, passesGap);
  writeFileSync(join(box.base, "passed"), "passed on\n");
  const prefix = gap(join(box.base, "passed"));
  const outcome = await runVerb("coffer", box, "run", ["--preserve-fds", "40", "--bundle", box.path, box.tag], {
    prefix,
  });
  if (!isNative) {
    t.regex(outcome.stderr, /cannot pass descriptor 4 on/);
    return;
  }
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.regex(outcome.stderr, /warning: .*not open.*: descriptor 4, 6, .* and 30 more\n$/);
  const { fds, extra } = parseFacts(outcome.stdout);
  t.deepEqual(
    fds.map((row) => row.fd),
    [0, 1, 2, 3, 5],
  );
  t.is(extra["file /proc/self/fd/5"], "passed on\n");
});

for (const peer of ["runc", "crun"] as const)
  test.serial(`${peer} runs with a descriptor that is not open`, async (t) => {
    const box = makeBox(t, passesGap);
    writeFileSync(join(box.base, "passed"), "passed on\n");
    const args = ["--preserve-fds", "3", "--bundle", box.path, box.tag];
    const outcome = await runVerb(peer, box, "run", args, { mode: "v2", prefix: gap(join(box.base, "passed")) });
    await beside(t, [peer], (t) => {
      t.is(outcome.exitCode, 0, outcome.stderr);
      t.is(parseFacts(outcome.stdout).extra["file /proc/self/fd/5"], "passed on\n");
    });
  });

test.serial("LISTEN_FDS passes sockets on", async (t) => {
  const box = makeBox(t);
  const shell = ["sh", "-c", `exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"`, "sh"];
  const outcome = await runBundle("coffer", box, { prefix: shell });
  t.is(outcome.exitCode, 0, outcome.stderr);
  const facts = parseFacts(outcome.stdout);
  t.deepEqual(
    facts.fds.map((row) => row.fd),
    [0, 1, 2, 3],
  );
  t.true(facts.env.includes("LISTEN_FDS=1"));
});

test.serial("detach leaves the container running", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  const outcome = await runVerb("coffer", box, "run", ["--detach", "--bundle", box.path, box.tag], {
    prefix: ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh"],
  });
  t.is(outcome.exitCode, 0);
  t.regex((await ok(t, box, "state", [box.tag])).stdout, /"running"/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("keep leaves the state of an ended container", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "5"] });
  const outcome = await runVerb("coffer", box, "run", ["--keep", "--bundle", box.path, box.tag]);
  t.is(outcome.exitCode, 5);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});
