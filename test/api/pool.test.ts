// `openRuntime({ pool })`: which runs get a container that waits, what such a container is, and how those end that nobody takes.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOptions } from "@coffer/core";
import { CofferError, list, openRuntime, run } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { writeConfig } from "../helpers/bundle.ts";
import { parentOf } from "../helpers/callers/served.ts";
import { command, pause, start, until } from "../helpers/command.ts";
import { baseConfig } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { flatten, parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { cgroupsOf, nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

type Options = RunOptions & { readonly runtime: ReturnType<typeof openRuntime> };

const runtimeOf = (box: Box, pool = 1) => openRuntime({ root: box.state, warm: true, pool });

/** Options of a run of the probe whose container may wait. */
function optionsOf(box: Box, ...args: readonly string[]): Options {
  return { runtime: runtimeOf(box), rootfs: box.rootfs, args: ["/probe", ...args] };
}

/** The containers that wait. */
const waiting = (box: Box): readonly string[] =>
  readdirSync(box.state).filter((id) => {
    try {
      return id.startsWith("run-") && readFileSync(join(box.state, id, "process"), "utf8") !== "";
    } catch {
      return false;
    }
  });

const whenWaiting = (box: Box, count = 1): Promise<void> => until(`${count} wait`, () => waiting(box).length === count);

/** The first process of a container that waits. */
const initOf = (box: Box, id: string): number =>
  Number(readFileSync(join(box.state, id, "process"), "utf8").split(" ")[0]);

/** Has a container wait for such a run, and tells which. */
async function fill(t: ExecutionContext, box: Box, options: Options): Promise<string> {
  t.like(await run(options), { failed: false });
  await options.runtime.pool?.filled();
  return waiting(box)[0] ?? "";
}

async function empty(t: ExecutionContext, box: Box, { runtime }: Options): Promise<void> {
  await runtime.pool?.drain();
  await nothingLeft(t, box, box.before, "rootfs");
}

test.serial("a run gets the container that waits for it, and the next run another", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "echo", "made");
  const ids: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const id = await fill(t, box, options);
    const pid = initOf(box, id);
    const one = run(options);
    t.like(await one.started, { id, pid });
    t.like(await one, { id, stdout: "made\n", exitCode: 0 });
    ids.push(id);
    await whenWaiting(box);
  }
  t.is(new Set(ids).size, 4);
  await empty(t, box, options);
});

test.serial("whoever waits for a run hears of its end before the next container is made", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "exit", "0");
  let heard = 0;
  // A busy machine may be late now and then.
  for (let turn = 0; turn < 20; turn++) {
    await run(options);
    if (readdirSync(box.state).every((id) => !id.startsWith("run-"))) heard++;
    await options.runtime.pool?.filled();
  }
  t.true(heard > 0);
  await empty(t, box, options);
});

test.serial("what waits is a container of the caller, with the rights of its program", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "facts");
  const id = await fill(t, box, options);
  const containers = await list({ runtime: options.runtime });
  t.deepEqual(
    containers.map((one) => [one.id, one.status]),
    [[id, "running"]],
  );
  const status = readFileSync(`/proc/${initOf(box, id)}/status`, "utf8");
  const word = (name: string): string => new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1] ?? "";
  const facts = parseFacts((await run(options)).stdout);
  t.is(word("NoNewPrivs"), "1");
  t.is(word("CapEff"), facts.caps.effective ?? "");
  t.is(word("CapBnd"), facts.caps.bounding ?? "");
  await empty(t, box, options);
});

test.serial("a container that has waited is as one that has not: what it is given, its end, its time", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const cat = { ...optionsOf(box, "cat"), input: "given" };
  const facts = optionsOf(box, "facts");
  const cold = await run({ ...facts, runtime: openRuntime({ root: box.state }) });
  await fill(t, box, cat);
  t.is((await run({ ...cat, input: "other" })).stdout, "other");
  await cat.runtime.pool?.drain();
  await fill(t, box, facts);
  const warm = await run(facts);
  const known = ({ stdout }: { readonly stdout: string }) => flatten(parseFacts(stdout), box);
  t.deepEqual(known(warm), known(cold));
  await facts.runtime.pool?.drain();
  const exit = optionsOf(box, "exit", "7");
  t.like(await run(exit), { exitCode: 7 });
  await exit.runtime.pool?.filled();
  await pause(1500);
  const late = await run(exit);
  t.like(late, { exitCode: 7, failed: true });
  t.true(late.durationMs < 1000, `${late.durationMs} ms`);
  await empty(t, box, exit);
});

test.serial("many runs at once: some get what waits, the others are made", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = { ...optionsOf(box, "cat"), runtime: runtimeOf(box, 3), input: "x" };
  t.is((await run(options)).stdout, "x");
  await options.runtime.pool?.filled();
  const results = await Promise.all(Array.from({ length: 12 }, (_, index) => run({ ...options, input: `${index}` })));
  t.deepEqual(
    results.map(({ stdout }) => stdout),
    results.map((_, index) => `${index}`),
  );
  t.is(new Set(results.map(({ id }) => id)).size, 12);
  await whenWaiting(box, 3);
  await empty(t, box, options);
});

test.serial("what a run asks for decides: other words, streams, a root directory of the same name", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "exit", "0");
  const takes = async (more: Partial<RunOptions>): Promise<boolean> => {
    const id = await fill(t, box, options);
    const { id: got } = await run({ ...options, ...more });
    await until("one waits", () => waiting(box).length === 1 && waiting(box)[0] !== id);
    await options.runtime.pool?.drain();
    return got === id;
  };
  t.true(await takes({}));
  t.true(await takes({ timeoutMs: 10_000 }));
  t.false(await takes({ args: ["/probe", "exit", "0", "more"] }));
  t.false(await takes({ env: { A: "b" } }));
  t.false(await takes({ stdin: "ignore", stdout: "ignore" }));
  t.false(await takes({ limits: { pids: 20 } }));
  await nothingLeft(t, box, box.before, "rootfs");
});

/** A bundle of which the probe reads `/mnt/word`, from mounts of the test's own. */
function bundleOf(box: Box, mounts: readonly Readonly<Record<"destination" | "source" | "access", string>>[]) {
  const config = JSON.parse(readFileSync(join(box.path, "config.json"), "utf8"));
  for (const { destination, source, access } of mounts)
    config.mounts.push({ destination, source, type: "bind", options: ["rbind", access] });
  config.process.args = ["/probe", "read", "/mnt/word"];
  Reflect.deleteProperty(config.linux, "cgroupsPath");
  writeFileSync(join(box.path, "config.json"), JSON.stringify(config));
  return { runtime: runtimeOf(box), bundle: box.path };
}

test.serial("a directory of the bundle that was put in the place of another is what the next run sees", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  mkdirSync(join(box.path, "shared"));
  writeFileSync(join(box.path, "shared/word"), "old");
  const options = bundleOf(box, [{ destination: "/mnt", source: "shared", access: "ro" }]);
  t.regex((await run(options)).stdout, /old/);
  await options.runtime.pool?.filled();
  t.is(waiting(box).length, 1);
  renameSync(join(box.path, "shared"), join(box.path, "other"));
  mkdirSync(join(box.path, "shared"));
  writeFileSync(join(box.path, "shared/word"), "new");
  t.regex((await run(options)).stdout, /new/);
  await options.runtime.pool?.drain();
  t.deepEqual(waiting(box), []);
});

/** In mount namespaces of its own: the caller mounts another file system, of which the top has the same inode number. */
const remounts = `
import { execFileSync } from "node:child_process";
import { openRuntime, run } from "@coffer/core";
const [root, bundle] = process.argv.slice(1);
const sh = (script) => execFileSync("sh", ["-ec", script], { cwd: bundle });
const runtime = openRuntime({ root, warm: true, pool: 1 });
for (const word of ["old", "new"]) {
  sh("umount shared || true; mount -t tmpfs none shared; echo " + word + " > shared/word");
  console.log((await run({ runtime, bundle })).stdout);
  await runtime.pool.filled();
}
await runtime.pool.drain();
`;

test.serial("another file system at the path of a source is what the next run sees", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  mkdirSync(join(box.path, "shared"));
  bundleOf(box, [{ destination: "/mnt", source: join(box.path, "shared"), access: "ro" }]);
  const words = [process.execPath, "--conditions=@coffer/source", "--input-type=module", "-e", remounts];
  const { stdout, stderr } = await command(["unshare", "-m", ...words, box.state, box.path], { cwd: repository });
  t.regex(stdout, /old.*new/s, stderr);
});

test.serial("no container waits in which another could move a mount away", async (t) => {
  if (!(await needs(t, "root"))) return;
  for (const [access, count] of [
    ["rw", 0],
    // What the host has mounted beneath the source can be written to.
    ["ro", 0],
    ["rro", 1],
  ] as const) {
    const box = makeBox(t);
    mkdirSync(join(box.path, "shared/a"), { recursive: true });
    mkdirSync(join(box.path, "own"));
    writeFileSync(join(box.path, "own/word"), "own");
    const options = bundleOf(box, [
      { destination: "/mnt", source: "shared", access },
      { destination: "/mnt/a", source: "own", access: "ro" },
    ]);
    await run(options);
    await options.runtime.pool?.filled();
    t.is(waiting(box).length, count, access);
    await options.runtime.pool?.drain();
  }
});

const inIt = (destination: string) => ({ destination, type: "tmpfs", source: "none" });

/** Each could have something mounted in it that another container moves away: changes of a config. */
const movable: Readonly<Record<string, (box: Box) => Patch>> = {
  "a bind by its type alone": (box) => {
    mkdirSync(join(box.path, "shared/a"), { recursive: true });
    const shared = { destination: "/mnt", source: "shared", type: "bind", options: ["rw"] };
    return { "/mounts": [shared, inIt("/mnt/a")] };
  },
  "an overlay whose upper directory outlives it": (box) => {
    for (const name of ["lower/a", "upper", "work"]) mkdirSync(join(box.path, name), { recursive: true });
    const [lower, upper, work] = ["lower", "upper", "work"].map((name) => join(box.path, name));
    const options = [`lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`];
    return { "/mounts": [{ destination: "/mnt", type: "overlay", source: "overlay", options }] };
  },
  "the root directory": (box) => {
    mkdirSync(join(box.rootfs, "srv/a"), { recursive: true });
    return { "/mounts": [inIt("/srv/a")], "/root/readonly": false };
  },
};

for (const [what, changesOf] of Object.entries(movable))
  test.serial(`no container waits in which another could move a mount away: ${what}`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const patch = { "/process/args": ["/probe", "exit", "0"], "/linux/cgroupsPath": undefined };
    writeConfig(box, baseConfig({ ...patch, ...changesOf(box) }));
    const options = { runtime: runtimeOf(box), bundle: box.path };
    t.like(await run(options), { failed: false });
    await options.runtime.pool?.filled();
    t.deepEqual(waiting(box), []);
    await options.runtime.pool?.drain();
  });

test.serial("a directory that was put in the place of another is what the next run sees", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const shared = join(box.path, "shared");
  mkdirSync(shared);
  writeFileSync(join(shared, "word"), "old");
  const options = bundleOf(box, [{ destination: "/mnt", source: shared, access: "ro" }]);
  const before = (await run(options)).stdout;
  await options.runtime.pool?.filled();
  renameSync(shared, `${shared}.old`);
  mkdirSync(shared);
  writeFileSync(join(shared, "word"), "new");
  const after = (await run(options)).stdout;
  t.regex(before, /old/);
  t.regex(after, /new/);
  await options.runtime.pool?.drain();
  t.deepEqual(waiting(box), []);
});

for (const who of ["init", "the launcher"])
  test.serial(`when ${who} of a container that waits is killed, the next run has another`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const options = optionsOf(box, "echo", "made");
    for (const wait of [0, 100]) {
      const id = await fill(t, box, options);
      const pid = initOf(box, id);
      process.kill(who === "init" ? pid : parentOf(pid), "SIGKILL");
      await pause(wait);
      const got = await run(options).result.catch((error: unknown) => error);
      // Until the end is seen nobody knows whether the program has begun.
      if (CofferError.is(got, "E_LAUNCH_FAILED")) t.is(wait, 0);
      else {
        t.like(got, { stdout: "made\n" });
        await whenWaiting(box);
      }
      await options.runtime.pool?.drain();
    }
    await nothingLeft(t, box, box.before, "rootfs");
  });

test.serial("a launcher that somebody has stopped does not hold up the end of the pool", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "exit", "0");
  const id = await fill(t, box, options);
  const pid = initOf(box, id);
  process.kill(parentOf(pid), "SIGSTOP");
  const began = performance.now();
  await options.runtime.pool?.drain();
  t.true(performance.now() - began < 20_000);
  await until("init has ended", () => parentOf(pid) === 0);
  t.deepEqual(waiting(box), []);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a call that is given up is over, whether its container has waited or not", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "sleep", "1000");
  const first = await run({ ...options, timeoutMs: 300 });
  t.like(first, { timedOut: true });
  await options.runtime.pool?.filled();
  const [id] = waiting(box);
  const second = await run({ ...options, timeoutMs: 300 });
  t.like(second, { timedOut: true, id });
  await options.runtime.pool?.filled();
  const given = new AbortController();
  const third = run({ ...options, signal: given.signal });
  given.abort();
  t.like(await third, { isCanceled: true });
  await empty(t, box, options);
});

const loud: Readonly<Record<string, readonly [changes: Readonly<Record<string, unknown>>, options?: object]>> = {
  "a hook": [{ "/hooks": { poststart: [{ path: "/bin/true" }] } }],
  "a cgroup that only one can have": [{ "/linux/cgroupsPath": "coffer-test/pool" }],
  "a policy": [{}, { policy: { version: 1, noNewPrivileges: "required" } }],
  "a stream of the caller": [{}, { stderr: "inherit" }],
};

for (const [what, [changes, more = {}]] of Object.entries(loud))
  test.serial(`a container with ${what} does not wait`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, {
      "/process/args": ["/probe", "exit", "0"],
      "/linux/cgroupsPath": undefined,
      "/root/readonly": true,
      ...changes,
    });
    const runtime = runtimeOf(box);
    for (let turn = 0; turn < 3; turn++) t.like(await run({ runtime, bundle: box.path, ...more }), { exitCode: 0 });
    await pause(300);
    t.deepEqual(waiting(box), []);
    await nothingLeft(t, box, box.before, "rootfs");
  });

test.serial("what was made before this process changed is not taken: its umask, its rights", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const script = `
import { openRuntime, run } from "@coffer/core";
import { mkdirSync, readdirSync } from "node:fs";
const [state, rootfs] = process.argv.slice(1);
const runtime = openRuntime({ root: state, warm: true, pool: 1 });
const options = { runtime, rootfs, args: ["/probe", "exit", "0"] };
mkdirSync(state, { recursive: true, mode: 0o700 });
const changes = [() => {}, () => {}, () => process.umask(0o77), () => {}, () => process.setgroups([7]), () => {}];
for (const change of changes) {
  const waiting = readdirSync(state);
  change();
  console.log(waiting.includes((await run(options)).id));
  await runtime.pool.filled();
}`;
  const argv = [process.execPath, "--input-type=module", "--eval", script, box.state, box.rootfs];
  const { stdout, stderr } = await command(argv, { cwd: repository });
  t.deepEqual(stdout.trim().split("\n"), ["false", "true", "false", "true", "false", "true"], stderr);
  await nothingLeft(t, box, box.before, "rootfs");
});

const caller = `
import { openRuntime, run } from "@coffer/core";
const [state, rootfs, how] = process.argv.slice(1);
const runtime = openRuntime({ root: state, pool: 2, debug: (line) => line.startsWith("no container") && console.log(line) });
const options = { runtime, rootfs, args: ["/probe", "echo", "made"] };
for (let turn = 0; turn < 3; turn++) console.log((await run(options)).stdout.trim());
if (how !== "ends") await new Promise((resolve) => setTimeout(resolve, 400));
console.log("ready");
if (how === "exits") process.exit(3);
if (how === "stays") setTimeout(() => {}, 100000);`;

const startCaller = (box: Box, how: string) =>
  start([process.execPath, "--input-type=module", "--eval", caller, box.state, box.rootfs, how], { cwd: repository });

for (const how of ["ends", "exits", "rests"])
  test.serial(`a caller that ${how} leaves nothing of what waits for it`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const began = performance.now();
    t.like(await startCaller(box, how).done, { exitCode: how === "exits" ? 3 : 0, stderr: "" });
    t.true(performance.now() - began < 20_000);
    await until("the cgroups are gone", () => cgroupsOf(box).length === 0);
    await nothingLeft(t, box, box.before, "rootfs");
  });

test.serial("what a caller that was killed has left goes with the next pool", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const running = startCaller(box, "stays");
  await running.saw("ready");
  const left = waiting(box);
  const pids = left.map((id) => initOf(box, id));
  t.is(left.length, 2);
  process.kill(running.pid, "SIGKILL");
  await running.done;
  await until("all have ended", () => pids.every((pid) => parentOf(pid) === 0));
  await until("the cgroups are gone", () => cgroupsOf(box).length === 0);
  const options = optionsOf(box, "echo", "made");
  const id = await fill(t, box, options);
  t.deepEqual(
    readdirSync(box.state).filter((name) => name.startsWith("run-")),
    [id],
  );
  await empty(t, box, options);
});

test.serial("`delete` of another process ends what waits", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "echo", "made");
  const id = await fill(t, box, options);
  const words = ["--root", box.state, "delete", "--force", id];
  t.like(await command([process.execPath, join(repository, "packages/cli/bin/coffer.js"), ...words]), { exitCode: 0 });
  t.is((await run(options)).stdout, "made\n");
  await empty(t, box, options);
});

const wrong = (options: object): object => options;

test("the option is checked", (t) => {
  for (const pool of [1, 32]) t.notThrows(() => openRuntime({ pool }));
  for (const pool of [0, 33, 1.5, -1, Number.NaN, "2", null, {}, true])
    t.throws(() => openRuntime(wrong({ pool })), { code: "E_USAGE", message: /the option pool/ });
  t.throws(() => openRuntime({ pool: 2, warm: false }), { code: "E_USAGE", message: /warm: false/ });
});
