// A cgroup that the config names and that is there before the container, as engines make them.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "@coffer/core";
import { openRuntime, verbs } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { readRecord } from "../../packages/core/src/runtime/store/store.ts";
import { start, until } from "../helpers/command.ts";
import { fails, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";

const hierarchies = ["pids", "memory", "freezer"] as const;
const limited = { "/process/args": ["/probe", "sleep", "1000"], "/linux/resources": { pids: { limit: 50 } } } as const;

function premake(t: ExecutionContext, tag: string): readonly string[] {
  const made = hierarchies.map((name) => join("/sys/fs/cgroup", name, "coffer-test", tag));
  for (const path of made) mkdirSync(path, { recursive: true });
  t.teardown(() => {
    for (const path of made) if (existsSync(path)) rmdirSync(path);
  });
  return made;
}

test.serial("an empty cgroup is taken, and removed with the container", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, limited);
  const made = premake(t, box.tag);
  await runDetached(t, box);
  await fails(t, box, "create", ["--bundle", box.path, `${box.tag}-2`], /cgroup is not empty: 1 process/);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await ok(t, box, "delete", ["--force", box.tag]);
  t.deepEqual(
    made.filter((path) => existsSync(path)),
    [],
  );
  await nothingLeft(t, box, box.before);
});

test.serial("one with processes, or a frozen one, is refused and stays as it was", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, limited);
  const [pids = "", , freezer = ""] = premake(t, box.tag);
  const other = spawn("sleep", ["60"], { stdio: "ignore" });
  const ended = new Promise((resolve) => other.once("exit", resolve));
  writeFileSync(join(pids, "cgroup.procs"), `${other.pid}`);
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /cgroupsPath: .*not empty: 1 process/);
  t.is(other.exitCode, null);
  other.kill("SIGKILL");
  await ended;
  writeFileSync(join(freezer, "freezer.state"), "FROZEN");
  await fails(t, box, "run", ["--bundle", box.path, box.tag], /unexpectedly frozen/);
  writeFileSync(join(freezer, "freezer.state"), "THAWED");
  t.true(existsSync(pids));
});

test.serial("of two runtimes that find the same one empty, one takes it", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, limited);
  // All of its cgroups are there, so that making one exclusively keeps nobody out.
  const first = openRuntime({ root: box.state });
  const roots = [first, openRuntime({ root: `${box.state}-other` })];
  await verbs.create(first, { id: box.tag, bundle: box.path });
  const { cgroups } = readRecord(first, box.tag);
  await verbs.remove(first, box.tag, { force: true });
  const made = cgroups.map(({ mount, path }) => join(mount, path));
  for (const path of made) mkdirSync(path, { recursive: true });
  const create = (runtime: Runtime) => verbs.create(runtime, { id: box.tag, bundle: box.path });
  const results = await Promise.allSettled(roots.map(create));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  t.is(failures.length, 1);
  t.regex(failures[0] ?? "", /\/linux\/cgroupsPath: .* cannot be taken: container's cgroup is not empty: 1 process/);
  const winner = roots[results.findIndex(({ status }) => status === "fulfilled")] ?? t.fail("none was made");
  t.is((await verbs.state(winner, box.tag)).status, "created");
  await verbs.remove(winner, box.tag, { force: true });
  for (const { root } of roots) t.deepEqual(existsSync(root) ? readdirSync(root) : [], []);
  rmSync(`${box.state}-other`, { recursive: true, force: true });
  await nothingLeft(t, box, box.before);
});

test.serial("that of a container which has stopped is not taken: deleting it would end the other", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, { ...limited, "/process/args": ["/probe", "exit", "0"] });
  await ok(t, box, "create", ["--bundle", box.path, box.tag]);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await until("the container has stopped", async () => (await stateOf(t, box)).status === "stopped");
  await fails(t, box, "create", ["--bundle", box.path, `${box.tag}-2`], /container cft-\S+ has that cgroup/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

/** Two state directories, and the cgroups of a container of the first that has stopped. */
async function stopped(t: ExecutionContext) {
  const box = makeBox(t, limited);
  const [first, second] = [openRuntime({ root: box.state }), openRuntime({ root: `${box.state}-other` })];
  t.teardown(() => rmSync(second.root, { recursive: true, force: true }));
  await verbs.create(first, { id: box.tag, bundle: box.path });
  await verbs.kill(first, box.tag, { signal: "KILL" });
  await until("it has stopped", async () => (await verbs.state(first, box.tag)).status === "stopped");
  const paths = readRecord(first, box.tag).cgroups.map(({ mount, path }) => join(mount, path));
  return { box, first, second, paths, take: () => verbs.create(second, { id: box.tag, bundle: box.path }) };
}

test.serial("nor is it by a runtime that has another state directory", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const { box, first, second, take } = await stopped(t);
  await t.throwsAsync(take, { message: /\/linux\/cgroupsPath: op \d+ mark-cgroup: .*EEXIST/ });
  await verbs.remove(first, box.tag);
  await take();
  await verbs.remove(second, box.tag, { force: true });
  await nothingLeft(t, box, box.before);
});

test.serial("one that was removed and made anew is left to whoever made it", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const { box, first, second, paths, take } = await stopped(t);
  for (const path of paths) rmdirSync(path);
  await take();
  await t.throwsAsync(verbs.kill(first, box.tag, { signal: "KILL", all: true }), { message: /not running/ });
  await verbs.remove(first, box.tag);
  t.is((await verbs.state(second, box.tag)).status, "created");
  t.deepEqual(
    paths.filter((path) => !existsSync(path)),
    [],
  );
  await verbs.remove(second, box.tag, { force: true });
  await nothingLeft(t, box, box.before);
});

test.serial("who is refused one of several lets go of the others", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const { box, first, paths, take } = await stopped(t);
  const [unified = ""] = paths;
  rmdirSync(unified);
  mkdirSync(unified);
  const [once, again] = [await t.throwsAsync(take), await t.throwsAsync(take)];
  t.regex(once.message, /op \d+ mark-cgroup: .*EEXIST/);
  t.is(again.message, once.message, "the first is taken again");
  await verbs.remove(first, box.tag);
  await nothingLeft(t, box, box.before);
});

test.serial("an ordinary user who locks its files, which all may read, keeps nobody from it", async (t) => {
  if (!(await needs(t, "root", "user", "cgroup-v1"))) return;
  const box = makeBox(t, limited);
  const made = premake(t, box.tag);
  const files = made.flatMap((path) => [path, join(path, "cgroup.procs")]);
  const others = files.map((path) =>
    start([...asUser, "flock", "--exclusive", path, "sh", "-c", "echo has it; sleep 60"]),
  );
  t.teardown(() => {
    for (const { pid } of others) process.kill(-pid, "SIGKILL");
  });
  for (const other of others) await other.saw("has it");
  await runDetached(t, box);
  await ok(t, box, "delete", ["--force", box.tag]);
});
