// create, start, state, kill, delete, list: each verb in each state.
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { until } from "../helpers/command.ts";
import { create, fails, makeBox, ok, runDetached, stateOf, stopped } from "../helpers/container.ts";
import { nothingLeft, processesOf } from "../helpers/leftovers.ts";

const sleeper = { "/process/args": ["/probe", "sleep", "1000"] } as const;

test.serial("a container goes from created to running to stopped", async (t) => {
  const box = makeBox(t, { ...sleeper, "/annotations": { "org.example/a": "b" } });
  await create(t, box, "--pid-file", join(box.base, "pid"));
  const created = await stateOf(t, box);
  t.is(created.status, "created");
  t.is(created.id, box.tag);
  t.is(created.bundle, box.path);
  t.deepEqual(created.annotations, { "org.example/a": "b" });
  t.is(readFileSync(join(box.base, "pid"), "utf8"), String(created.pid));
  await ok(t, box, "start", [box.tag]);
  const running = await stateOf(t, box);
  t.is(running.status, "running");
  t.is(running.pid, created.pid);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await stopped(t, box);
  t.is((await stateOf(t, box)).pid, 0);
  await ok(t, box, "delete", [box.tag]);
  await fails(t, box, "state", [box.tag], /does not exist/);
  await nothingLeft(t, box, box.before);
});

test.serial("a created container has not executed its program", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "write", "/tmp/ran", "x"], "/root/readonly": false });
  await create(t, box);
  const { pid } = await stateOf(t, box);
  t.regex(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:/);
  t.false(existsSync(join(box.rootfs, "tmp/ran")));
  await ok(t, box, "start", [box.tag]);
  await until("the program has run", () => existsSync(join(box.rootfs, "tmp/ran")));
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a created container can be killed and deleted", async (t) => {
  const box = makeBox(t, sleeper);
  await create(t, box);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await stopped(t, box);
  await fails(t, box, "start", [box.tag], /stopped|created/);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a created container can be deleted with force", async (t) => {
  const box = makeBox(t, sleeper);
  await create(t, box);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a running container refuses what it cannot have", async (t) => {
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  await fails(t, box, "start", [box.tag], /running/);
  await fails(t, box, "delete", [box.tag], /running|not stopped/);
  await fails(t, box, "create", ["--bundle", box.path, box.tag], /exists|already/);
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /exists|already/);
  await fails(t, box, "kill", [box.tag, "NOSUCH"], /signal/);
  await fails(t, box, "kill", [box.tag, "65"], /signal/);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a stopped container refuses what it cannot have", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "3"] });
  await runDetached(t, box);
  await stopped(t, box);
  await fails(t, box, "start", [box.tag], /stopped/);
  await fails(t, box, "kill", [box.tag], /not running|stopped/);
  await fails(t, box, "exec", [box.tag, "/probe", "echo"], /stopped/);
  await ok(t, box, "delete", [box.tag]);
  await fails(t, box, "delete", [box.tag], /does not exist/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("kill takes names and numbers", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "signals", "9"] });
  await runDetached(t, box);
  for (const word of ["HUP", "SIGUSR1", "10", "term"]) await ok(t, box, "kill", [box.tag, word]);
  await ok(t, box, "kill", [box.tag, "SIGKILL"]);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("kill --all ends every process", async (t) => {
  const namespaces = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const box = makeBox(t, { "/process/args": ["/probe", "fork", "3", "1000"], "/linux/namespaces": namespaces });
  await runDetached(t, box);
  await ok(t, box, "kill", ["--all", box.tag, "KILL"]);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("kill --all reaches more processes than its caller may have files open", async (t) => {
  const namespaces = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const box = makeBox(t, { "/process/args": ["/probe", "fork", "200", "1000"], "/linux/namespaces": namespaces });
  await runDetached(t, box);
  await until("all processes are there", () => processesOf(box).length === 201);
  await ok(t, box, "kill", ["--all", box.tag, "TERM"], { prefix: ["prlimit", "--nofile=64"] });
  await until("no process is left", () => processesOf(box).length === 0);
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("delete --force ends what shares the host's pid namespace", async (t) => {
  const namespaces = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const box = makeBox(t, { "/process/args": ["/probe", "fork", "5", "1000"], "/linux/namespaces": namespaces });
  await runDetached(t, box);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("list shows containers in every form", async (t) => {
  const box = makeBox(t, sleeper);
  await create(t, box);
  const { pid } = await stateOf(t, box);
  t.regex(
    (await ok(t, box, "list")).stdout,
    new RegExp(`^ID +PID +STATUS +BUNDLE +CREATED +OWNER\\n${box.tag} +${pid} +created `),
  );
  t.is((await ok(t, box, "list", ["-q"])).stdout, `${box.tag}\n`);
  const rows = JSON.parse((await ok(t, box, "list", ["--format", "json"])).stdout);
  t.like(rows[0], { id: box.tag, pid, status: "created", bundle: box.path });
  await ok(t, box, "delete", ["--force", box.tag]);
  t.is((await ok(t, box, "list", ["-q"])).stdout, "");
});
