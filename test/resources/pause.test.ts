// pause, resume, ps, and what the other verbs do with a paused container; on each kind of cgroup host.
import { readFileSync } from "node:fs";
import test from "ava";
import { command, pause, until } from "../helpers/command.ts";
import { makeBox, ok, stateOf, stopped } from "../helpers/container.ts";
import type { HostMode } from "../helpers/host-modes.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

/** Ticks that a process has run. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

const spinner = { "/process/args": ["/probe", "spin"], "/linux/resources": {} } as const;

const cycle = test.macro({
  title: (_, mode: HostMode) => `${mode}: a container stops and goes on`,
  async exec(t, mode: HostMode) {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, spinner);
    const verb = (name: string, args: readonly string[]) => coffer(box, name, args, { mode });
    const does = async (name: string, ...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await verb(name, args);
      t.is(exitCode, 0, `${name}: ${stderr}`);
      return stdout;
    };
    const fails = async (pattern: RegExp, status: number, name: string, ...args: readonly string[]) => {
      const { exitCode, stderr } = await verb(name, args);
      t.is(exitCode, status, name);
      t.regex(stderr, pattern);
    };
    await does("run", "--detach", "--bundle", box.path, box.tag);
    const { pid } = JSON.parse(await does("state", box.tag));
    await fails(/container not paused: it is running$/m, 1, "resume", box.tag);
    await does("pause", box.tag);
    t.is(JSON.parse(await does("state", box.tag)).status, "paused");
    t.regex(await does("list"), new RegExp(`${box.tag} +${pid} +paused `));
    const before = ticks(pid);
    await pause(300);
    t.is(ticks(pid), before, "no process runs");
    await fails(/container not running: it is paused already: `resume` lets it go on/, 1, "pause", box.tag);
    await fails(
      /cannot exec in a paused container \(use --ignore-paused to override\)/,
      125,
      "exec",
      box.tag,
      "/probe",
    );
    await fails(/cannot start/, 1, "start", box.tag);
    await fails(/not stopped: paused/, 1, "delete", box.tag);
    t.deepEqual(JSON.parse(await does("ps", "--format", "json", box.tag)), [pid]);
    await does("resume", box.tag);
    t.is(JSON.parse(await does("state", box.tag)).status, "running");
    await until("it runs", () => ticks(pid) > before);
    await does("pause", box.tag);
    await does("kill", box.tag, "KILL");
    await until("the kill is seen", async () => JSON.parse(await does("state", box.tag)).status === "stopped");
    await fails(/container not running: it is stopped/, 1, "pause", box.tag);
    await does("delete", box.tag);
    await nothingLeft(t, box, box.before);
  },
});

test.serial(cycle, "host");
test.serial(cycle, "v2");
test.serial(cycle, "v1");

test.serial("a created container can be paused, and goes on to be created", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, spinner);
  await ok(t, box, "create", ["--bundle", box.path, box.tag]);
  await ok(t, box, "pause", [box.tag]);
  t.is((await stateOf(t, box)).status, "paused");
  await ok(t, box, "resume", [box.tag]);
  t.is((await stateOf(t, box)).status, "created");
  await ok(t, box, "delete", ["--force", box.tag]);
});

for (const mode of ["host", "v2", "v1"] as const) {
  test.serial(`${mode}: a paused container is deleted with force`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, spinner);
    for (const [verb, ...args] of [
      ["run", "--detach", "--bundle", box.path, box.tag],
      ["pause", box.tag],
      ["delete", "--force", box.tag],
    ] as const)
      t.is((await coffer(box, verb, args, { mode })).exitCode, 0, verb);
    await nothingLeft(t, box, box.before);
  });
}

test.serial("ps prints the host's lines about the container, children of its cgroups too", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "fork", "3", "1000"], "/linux/resources": {} });
  await ok(t, box, "run", ["--detach", "--bundle", box.path, box.tag]);
  const { pid } = await stateOf(t, box);
  await until("the children are there", async () => {
    return JSON.parse((await ok(t, box, "ps", ["-f", "json", box.tag])).stdout).length === 4;
  });
  const lines = (await ok(t, box, "ps", [box.tag])).stdout.trimEnd().split("\n");
  t.regex(lines[0] ?? "", /^UID +PID +PPID/);
  t.is(lines.length, 5);
  const own = (await ok(t, box, "ps", [box.tag, "-eo", "ppid,pid"])).stdout.trimEnd().split("\n");
  const host = (await command(["ps", "-eo", "ppid,pid"])).stdout.split("\n");
  t.true(own.every((line) => host.includes(line)));
  t.true(own.some((line) => line.trim().endsWith(` ${pid}`)));
  const failed = await coffer(box, "ps", [box.tag, "-o", "args"]);
  t.is(failed.exitCode, 1);
  t.regex(failed.stderr, /couldn't find PID field in ps output/);
  t.is((await coffer(box, "ps", [box.tag, "--no-such-flag"])).exitCode, 1);
  await ok(t, box, "kill", ["--all", box.tag, "KILL"]);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("an exec that ignores the pause waits for its end", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, spinner);
  await ok(t, box, "run", ["--detach", "--bundle", box.path, box.tag]);
  await ok(t, box, "pause", [box.tag]);
  const exec = coffer(box, "exec", ["--ignore-paused", box.tag, "/probe", "exit", "7"]);
  await pause(300);
  await ok(t, box, "resume", [box.tag]);
  t.is((await exec).exitCode, 7);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});
