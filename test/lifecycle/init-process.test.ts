// The process 1 of a sandbox, and of `run --init`: signals reach the program, orphans are reaped, the status is the program's.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Outcome, Running } from "../helpers/command.ts";
import { command, start } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok, stateOf } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const sandboxed = (script: string): readonly string[] => [...cofferArgv(), "sandbox", "--", "sh", "-c", script];
const onTerminal = [tools(), "pty", "24x80", "--"];

function startSandbox(box: Box, script: string, prefix: readonly string[] = []): Running {
  return start([...prefix, ...sandboxed(`${script} # ${box.tag}`)], { cwd: box.path, keepStdin: true });
}

const inSandbox = (box: Box, script: string): Promise<Outcome> => command(sandboxed(script), { cwd: box.path });

/** A program, the signal that it gets, and the status that is seen. */
const signals: readonly (readonly [title: string, script: string, signal: NodeJS.Signals, status: number])[] = [
  ["sleep", "echo here; exec sleep 60", "SIGTERM", 143],
  ["sleep", "echo here; exec sleep 60", "SIGINT", 130],
  ["sleep", "echo here; exec sleep 60", "SIGHUP", 129],
  ["sleep", "echo here; exec sleep 60", "SIGQUIT", 131],
  ["sleep", "echo here; exec sleep 60", "SIGUSR1", 138],
  ["a shell with a trap", "trap 'exit 7' TERM; echo here; while :; do sleep 0.05; done", "SIGTERM", 7],
  ["a shell that ignores it", "trap '' TERM; echo here; sleep 0.5; exit 9", "SIGTERM", 9],
];

for (const [title, script, signal, status] of signals)
  test.serial(`${signal} reaches ${title}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const running = startSandbox(box, script);
    await running.saw("here");
    process.kill(running.pid, signal);
    t.is((await running.done).exitCode, status);
    await nothingLeft(t, box, box.before, "rootfs");
  });

const keys: readonly (readonly [key: string, byte: string, status: number])[] = [
  ["^C", "\x03", 130],
  ["^\\", "\x1c", 131],
  ["^Z and ^C", "\x1a\x03", 130],
];

for (const [key, byte, status] of keys)
  test.serial(`${key} on the terminal ends the program`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const running = startSandbox(box, "echo here; exec sleep 60", onTerminal);
    await running.saw("here");
    running.write(byte);
    t.is((await running.done).exitCode, status);
    await nothingLeft(t, box, box.before, "rootfs");
  });

// No shell has jobs here, so that nobody could let the program go on: it goes on at once, and keys reach it.
for (const [who, script] of [
  ["a program", "echo here; sleep 2; echo on"],
  ["a program whose children stop with it", "(sleep 2; echo on) & echo here; wait"],
  ["a program that stops itself", "echo here; kill -TSTP $$; sleep 2; echo on"],
] as const)
  test.serial(`^Z on the terminal keeps ${who} from nothing`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const box = makeBox(t);
    const running = startSandbox(box, script, onTerminal);
    await running.saw("here");
    running.write("\x1a");
    running.write("\x1a");
    const { exitCode, stdout } = await running.done;
    t.is(exitCode, 0);
    t.regex(stdout, /on\s*$/);
    await nothingLeft(t, box, box.before, "rootfs");
  });

test.serial("a program is the foreground of its terminal, once", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const script = "trap 'echo got' INT; echo here; sleep 0.3; sleep 0.3; ps -o pgid=,tpgid=,sid= -p $$";
  const running = startSandbox(box, script, onTerminal);
  await running.saw("here");
  running.write("\x03");
  const { stdout } = await running.done;
  t.is(stdout.match(/got/g)?.length, 1, stdout);
  t.regex(stdout, /^ *2 +2 +1\s*$/m);
});

const statuses: readonly (readonly [script: string, status: number])[] = [
  ["exit 7", 7],
  ["kill -TERM $$", 143],
  ["kill -KILL $$", 137],
  ["true", 0],
];

for (const [script, status] of statuses)
  test.serial(`the status of \`${script}\` is ${status}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    t.is((await inSandbox(makeBox(t), script)).exitCode, status);
  });

test.serial("orphans are reaped, and end with the program", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const orphans = "for n in 1 2 3; do (sleep 0.1 & ); done; sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l";
  const reaped = await inSandbox(box, orphans);
  t.is(reaped.stdout, "0\n", reaped.stderr);
  const began = Date.now();
  const left = await inSandbox(box, "sleep 60 & echo away");
  t.is(left.stdout, "away\n");
  t.true(Date.now() - began < 30_000);
  await nothingLeft(t, box, box.before, "rootfs");
});

/** A container with an init process. */
async function initFacts(t: ExecutionContext, box: Box) {
  const { stdout } = await ok(t, box, "run", ["--init", "--bundle", box.path, box.tag]);
  return parseFacts(stdout);
}

test.serial("run --init: the program is process 2, and process 1 has nothing that the program has not", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "facts"], "/process/user": { uid: 5, gid: 6 } });
  const facts = await initFacts(t, box);
  t.is(facts.pid, 2);
  t.is(facts.ppid, 1);
  t.is(facts.pgid, 2);
  await nothingLeft(t, box, box.before);
});

test.serial(
  "create --init: kill reaches the program; process 1 holds no descriptor, and only the right to send signals",
  async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"], "/process/user": { uid: 5, gid: 6 } });
    await create(t, box, "--init");
    await ok(t, box, "start", [box.tag]);
    const { pid } = await stateOf(t, box);
    const script = `ls /proc/${pid}/fd | wc -l; cat /proc/${pid}/comm; sed -n 's/^\\(Uid\\|CapEff\\|NoNewPrivs\\):.//p' /proc/${pid}/status`;
    const { stdout } = await command(["sh", "-c", script]);
    t.is(stdout, "0\ncoffer-init\n5\t5\t5\t5\n0000000000000020\n1\n");
    await ok(t, box, "kill", [box.tag, "TERM"]);
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
);

test.serial("a program that cannot be executed is an error", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/etc/noformat"] });
  writeFileSync(join(box.path, "rootfs/etc/noformat"), "x", { mode: 0o755 });
  const before = snapshot(box);
  await fails(t, box, "run", ["--init", "--bundle", box.path, box.tag], /noformat.*ENOEXEC|exec format/, 126);
  await nothingLeft(t, box, before, "rootfs");
});

test.serial("without a pid namespace there is nothing to be the first process of", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/linux/namespaces": [{ type: "mount" }], "/hostname": undefined });
  await fails(t, box, "run", ["--init", "--bundle", box.path, box.tag], /\/linux\/namespaces.*init.*pid namespace/);
});
