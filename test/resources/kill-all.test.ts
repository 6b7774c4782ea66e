// `kill --all … KILL` says that it was done when nothing is left, or what is left has the signal and is frozen.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { until } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import type { HostMode } from "../helpers/host-modes.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { RunOptions } from "../helpers/peers/runtimes.ts";
import { coffer } from "../helpers/peers/runtimes.ts";

const sleeper: Patch = { "/process/args": ["/probe", "sleep", "1000"], "/linux/resources": {} };

/** The verbs of one container, on a host of that kind. */
function makeVerbs(t: Parameters<typeof makeBox>[0], mode: HostMode, patch: Patch = {}) {
  const box = makeBox(t, { ...sleeper, ...patch });
  const verb = (name: string, args: readonly string[] = [box.tag], options: RunOptions = {}) =>
    coffer(box, name, args, { mode, ...options });
  const status = async (): Promise<string> => JSON.parse((await verb("state")).stdout).status;
  return { box, verb, status };
}

for (const mode of ["host", "v2", "v1"] as const)
  test.serial(`${mode}: a paused container ends`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const { box, verb, status } = makeVerbs(t, mode);
    t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
    t.is((await verb("pause")).exitCode, 0);
    const { exitCode, stderr } = await verb("kill", ["--all", box.tag, "KILL"]);
    t.is(exitCode, 0, stderr);
    if (mode === "v1") t.is(await status(), "stopped");
    else await until("the kill is seen", async () => (await status()) === "stopped");
    t.is((await verb("delete")).exitCode, 0);
    await nothingLeft(t, box, box.before);
  });

for (const words of [["KILL"], ["--all", "KILL"]])
  test.serial(`v1: with ${words.join(" ")} a container that a cgroup above freezes keeps the signal`, async (t) => {
    if (!(await needs(t, "root", "cgroup-v1"))) return;
    const { box, verb, status } = makeVerbs(t, "v1", { "/linux/cgroupsPath": "/$TAG/inner" });
    const above = `/sys/fs/cgroup/freezer/${box.tag}`;
    const freeze = (state: string) => writeFileSync(`${above}/freezer.state`, state);
    mkdirSync(above);
    t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
    freeze("FROZEN");
    t.teardown(() => rmdirSync(above));
    t.is(await status(), "paused");
    const { exitCode, stderr } = await verb("kill", [...words.slice(0, -1), box.tag, "KILL"]);
    t.is(exitCode, 0, stderr);
    t.is(await status(), "paused");
    freeze("THAWED");
    await until("the kill is seen", async () => (await status()) === "stopped");
    t.is((await verb("delete")).exitCode, 0);
  });

test.serial("without a pid namespace SIGKILL ends all processes, also when the first one is gone", async (t) => {
  if (!(await needs(t, "root"))) return;
  const shared = { "/linux/namespaces": ["mount", "cgroup", "uts", "ipc"].map((type) => ({ type })) };
  const { box, verb, status } = makeVerbs(t, "v2", shared);
  t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
  const others = [1, 2].map((n) => join(box.base, `pid-${n}`));
  for (const file of others)
    t.is((await verb("exec", ["--detach", "--pid-file", file, box.tag, "/probe", "sleep", "1000"])).exitCode, 0);
  const isThere = (file: string): boolean => existsSync(`/proc/${readFileSync(file, "utf8")}`);
  t.is((await verb("kill", [box.tag, "TERM"])).exitCode, 0);
  await until("the first process has ended", async () => (await status()) === "stopped");
  t.deepEqual(others.map(isThere), [true, true]);
  t.is((await verb("kill", [box.tag, "TERM"])).exitCode, 1);
  t.is((await verb("kill", [box.tag, "KILL"])).exitCode, 0);
  await until("the others have ended", () => !others.some(isThere));
  t.is((await verb("delete")).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("v1: what does not end is told, with what to do", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1", "strace"))) return;
  const { box, verb, status } = makeVerbs(t, "v1");
  t.is((await verb("run", ["--detach", "--bundle", box.path, box.tag])).exitCode, 0);
  // Nothing is killed, and nobody waits for it.
  const calls = "pidfd_send_signal,nanosleep";
  const trace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`];
  const prefix = [...trace, "-e", `inject=${calls}:retval=0`];
  const { exitCode, stderr } = await verb("kill", ["--all", box.tag, "KILL"], { prefix });
  t.is(exitCode, 1);
  t.regex(stderr, /kill-cgroup: .*\(ETIMEDOUT\): processes are left: .*pids\/limit/);
  t.is(await status(), "running");
  t.is((await verb("delete", ["--force", box.tag])).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
