// What a sandbox leaves if the process that made it is killed: the next who looks removes it, and nothing that is somebody's.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { openSandbox } from "../../packages/core/src/index.ts";
import { openRuntime } from "../../packages/core/src/runtime/open.ts";
import { command, pause, start } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

interface Place {
  readonly root: string;
  readonly cwd: string;
}

function makePlace(t: ExecutionContext): Place {
  const { base } = makeBox(t);
  const [root, cwd] = [join(base, "state"), join(base, "work")];
  for (const dir of [root, cwd]) mkdirSync(dir, { mode: 0o700 });
  return { root, cwd };
}

const coffer = ({ root, cwd }: Place, ...words: readonly string[]) =>
  command([...cofferArgv(), "--root", root, ...words], { cwd });

const idsOf = async (place: Place): Promise<readonly string[]> =>
  (await coffer(place, "list", "--quiet")).stdout.split("\n").filter((id) => id !== "");

/** Starts a sandbox with a name, and waits until its program runs. */
async function startNamed({ root, cwd }: Place, name: string) {
  const running = start(
    [...cofferArgv(), "--root", root, "sandbox", "--name", name, "--", "sh", "-c", "echo on; sleep 1000"],
    {
      cwd,
    },
  );
  await running.saw("on");
  return running;
}

/** Kills the front of a sandbox; its launcher and its program end with it. */
async function killNamed(place: Place, name: string): Promise<void> {
  const running = await startNamed(place, name);
  process.kill(running.pid, "SIGKILL");
  await running.done;
  for (let tries = 0; tries < 100; tries += 1) {
    const [pid = ""] = readFileSync(join(place.root, name, "process"), "utf8").split(" ");
    if (!existsSync(`/proc/${pid}`)) return;
    await pause(50);
  }
}

/** The record of a sandbox, with another maker. */
function setMaker({ root }: Place, name: string, maker: string | undefined): void {
  const file = join(root, name, "state.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), maker }));
}

test.serial("list removes what a killed sandbox has left", async (t) => {
  const place = makePlace(t);
  await killNamed(place, "gone");
  t.deepEqual(readdirSync(place.root), ["gone"]);
  t.deepEqual(await idsOf(place), []);
  t.deepEqual(readdirSync(place.root), []);
});

test.serial("the name of a killed sandbox is free again", async (t) => {
  const place = makePlace(t);
  await killNamed(place, "again");
  const { exitCode, stdout, stderr } = await coffer(place, "sandbox", "--name", "again", "--", "echo", "made");
  t.deepEqual([exitCode, stdout], [0, "made\n"], stderr);
});

test.serial("one that runs is no remainder, and keeps its name", async (t) => {
  const place = makePlace(t);
  const running = await startNamed(place, "runs");
  t.deepEqual(await idsOf(place), ["runs"]);
  const { exitCode, stderr } = await coffer(place, "sandbox", "--name", "runs", "--", "true");
  t.is(exitCode, 125);
  t.regex(stderr, /already exists/);
  t.is((await coffer(place, "kill", "runs", "KILL")).exitCode, 0);
  await running.done;
  t.deepEqual(readdirSync(place.root), []);
});

test.serial("a pid that is used again is not the maker, and one that is the maker's is", async (t) => {
  const place = makePlace(t);
  await killNamed(place, "pid");
  const stat = readFileSync("/proc/self/stat", "utf8");
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  // A record without a maker is that of a container, which stays until it is deleted.
  for (const maker of [`${process.pid} ${started} 0 ${boot}`, undefined, "nonsense"]) {
    setMaker(place, "pid", maker);
    t.deepEqual(await idsOf(place), ["pid"], maker);
  }
  setMaker(place, "pid", `${process.pid} ${BigInt(started) - 1n} 0 ${boot}`);
  t.deepEqual(await idsOf(place), []);
});

test.serial("many who look at once do not disturb each other, and one who starts", async (t) => {
  const place = makePlace(t);
  await killNamed(place, "one");
  await killNamed(place, "two");
  const looks = Array.from({ length: 4 }, () => coffer(place, "list", "--quiet"));
  const starts = coffer(place, "sandbox", "--name", "one", "--", "echo", "made");
  for (const { exitCode, stderr } of await Promise.all(looks)) t.deepEqual([exitCode, stderr], [0, ""]);
  const { exitCode, stdout, stderr } = await starts;
  t.deepEqual([exitCode, stdout], [0, "made\n"], stderr);
  t.deepEqual(await idsOf(place), []);
});

test.serial("a new session removes what killed ones have left", async (t) => {
  const place = makePlace(t);
  await killNamed(place, "old");
  const session = await openSandbox({ cwd: place.cwd, runtime: openRuntime({ root: place.root }) });
  t.deepEqual(readdirSync(place.root), [session.id]);
  await session.close();
  t.deepEqual(readdirSync(place.root), []);
});
