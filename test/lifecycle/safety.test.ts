// What must hold when things go wrong: killed launchers, forged state, races.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command, pause, start, until } from "../helpers/command.ts";
import { create, fails, makeBox, ok, parentOf, runDetached, stateOf, stopped } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { coffer, startVerb } from "../helpers/peers/runtimes.ts";

const sleeper = { "/process/args": ["/probe", "sleep", "1000"] } as const;

/** A process and all its descendants. */
function treeOf(root: number): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((pid) => [Number(pid), parentOf(Number(pid))]));
  const isBelow = (pid: number): boolean => pid === root || (pid > 0 && isBelow(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isBelow);
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

test.serial("a container whose launcher was killed can be deleted", async (t) => {
  const box = makeBox(t, sleeper);
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  await running.saw("ready");
  // The runtime and its launcher, not the container.
  const { pid } = await stateOf(t, box);
  killAll(treeOf(running.pid).filter((each) => each !== pid));
  await running.done;
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

const killedAfter = test.macro({
  exec: async (t, ms: number) => {
    const box = makeBox(t, sleeper);
    const running = startVerb("coffer", box, "create", ["--bundle", box.path, box.tag]);
    await pause(ms);
    killAll(treeOf(running.pid));
    await running.done;
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, ms: number) => `create killed after ${ms} ms leaves nothing that delete does not find`,
});

for (const ms of [50, 100, 150, 200, 225, 250, 275, 300, 325, 350, 400, 500]) test.serial(killedAfter, ms);

test.serial("forged state does not get a foreign process killed", async (t) => {
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await stopped(t, box);
  const bystander = start(["sleep", "1000"]);
  const file = join(box.state, box.tag, "process");
  const recorded = readFileSync(file, "utf8");
  writeFileSync(file, recorded.replace(/^\d+/, String(bystander.pid)));
  await fails(t, box, "kill", [box.tag, "KILL"], /not running|stopped/);
  await fails(t, box, "exec", [box.tag, "/probe", "echo"], /stopped|not running/);
  t.is((await stateOf(t, box)).status, "stopped");
  await ok(t, box, "delete", ["--force", box.tag]);
  t.deepEqual(treeOf(bystander.pid), [bystander.pid], "the bystander lives");
  killAll([bystander.pid]);
  await bystander.done;
});

test.serial("a process of another boot is not ours", async (t) => {
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  const { pid } = await stateOf(t, box);
  const file = join(box.state, box.tag, "process");
  const recorded = readFileSync(file, "utf8");
  writeFileSync(file, recorded.replace(/[0-9a-f]{8}-[0-9a-f]{4}-/, "00000000-0000-"));
  t.is((await stateOf(t, box)).status, "stopped");
  await fails(t, box, "kill", [box.tag, "KILL"], /not running|stopped/);
  t.notThrows(() => readFileSync(`/proc/${pid}/stat`));
  writeFileSync(file, recorded);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("state that cannot be read is an error, not a crash", async (t) => {
  const box = makeBox(t, sleeper);
  await create(t, box);
  const file = join(box.state, box.tag, "state.json");
  const good = readFileSync(file, "utf8");
  for (const bad of ["", "{", "[]", '{"id": 5}', good.replace(box.tag, "other")]) {
    writeFileSync(file, bad);
    await fails(t, box, "state", [box.tag], /state/);
  }
  writeFileSync(file, good);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("one of several creates with the same id wins", async (t) => {
  const box = makeBox(t, sleeper);
  const attempts = await Promise.all([1, 2, 3, 4].map(() => coffer(box, "create", ["--bundle", box.path, box.tag])));
  t.deepEqual(attempts.map((outcome) => outcome.exitCode).sort(), [0, 1, 1, 1]);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("one of several starts wins", async (t) => {
  const box = makeBox(t, sleeper);
  await create(t, box);
  const attempts = await Promise.all([1, 2, 3, 4].map(() => coffer(box, "start", [box.tag])));
  t.deepEqual(attempts.map((outcome) => outcome.exitCode).sort(), [0, 1, 1, 1]);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("several deletes with force at once all find it gone, as with runc", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
  await runDetached(t, box);
  const deletes = await Promise.all([1, 2, 3, 4].map(() => coffer(box, "delete", ["--force", box.tag])));
  t.deepEqual(
    deletes.map(({ exitCode }) => exitCode),
    [0, 0, 0, 0],
    deletes.map(({ stderr }) => stderr).join(""),
  );
  await fails(t, box, "delete", [box.tag], /does not exist/);
});

test.serial("delete and kill at once leave nothing", async (t) => {
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  const verbs = [1, 2, 3].map(() => coffer(box, "delete", ["--force", box.tag]));
  const kills = [1, 2].map(() => coffer(box, "kill", [box.tag, "KILL"]));
  await Promise.all([...verbs, ...kills]);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("many containers at once", async (t) => {
  const boxes = [...Array(8).keys()].map((code) => makeBox(t, { "/process/args": ["/probe", "exit", String(code)] }));
  const outcomes = await Promise.all(boxes.map((box) => coffer(box, "run", ["--bundle", box.path, box.tag])));
  t.deepEqual(
    outcomes.map((outcome) => outcome.exitCode),
    [...Array(8).keys()],
  );
  for (const box of boxes) await nothingLeft(t, box, box.before);
});

test.serial("a container outlives a caller that hangs up", async (t) => {
  const box = makeBox(t, sleeper);
  await runDetached(t, box);
  await until("it runs", async () => (await stateOf(t, box)).status === "running");
  t.is((await command(["true"])).exitCode, 0);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a container whose cgroup is another's does not get that one killed", async (t) => {
  const box = makeBox(t, { ...sleeper, "/linux/cgroupsPath": `/coffer-test-${process.pid}-taken` });
  await runDetached(t, box);
  await fails(t, box, "create", ["--bundle", box.path, `${box.tag}-2`], /cannot be taken: .*not empty/);
  t.is((await stateOf(t, box)).status, "running");
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});
