// The helper that stays: when it launches, what it holds, how it and its launches end. One that does not answer: silent.test.ts.
import { closeSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { RunOptions, SandboxOptions, Subprocess } from "@coffer/core";
import { openRuntime, openSandbox, run, sandbox } from "@coffer/core";
import test from "ava";
import { repository } from "../helpers/build.ts";
import {
  childrenOf,
  isServer,
  linksOf,
  memoryOf,
  optionsOf,
  parentOf,
  server,
  serversOf,
} from "../helpers/callers/served.ts";
import { command, pause, start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import { cgroupsOf, nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

/** Whether the launcher of what runs comes from a helper that stays. */
async function hasServer(subprocess: Subprocess): Promise<boolean> {
  const { pid, stdin } = await subprocess.started;
  const served = isServer(parentOf(pid));
  stdin?.end();
  await subprocess.kill("KILL");
  await subprocess;
  return served;
}

const isServed = (options: RunOptions): Promise<boolean> =>
  hasServer(run({ ...options, stdin: options.stdin ?? "pipe" }));

test.serial("all runs have one helper, and it holds nothing between them", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const pid = await server(t, box);
  const before = linksOf(pid);
  for (let turn = 0; turn < 3; turn++) t.true(await isServed(optionsOf(box, "sleep", "1000")));
  t.is(await server(t, box), pid);
  await until("its launchers have ended", () => childrenOf(pid).length === 0);
  t.deepEqual(linksOf(pid), before);
  const kinds = before.map((link) => link.replace(/:\[\d+\]$|\/\d+\/(?:fd|status)$/, ""));
  t.deepEqual([...kinds].sort(), ["/dev/null", "/dev/null", "/dev/null", "/proc", "/proc", "socket", "socket"]);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("what the helper cannot be given is launched by one of its own", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const options = optionsOf(box, "sleep", "1000");
  const fd = openSync("/dev/null", "r+");
  const rows: readonly (readonly [boolean, Partial<RunOptions>])[] = [
    [true, {}],
    [true, { stdout: "ignore", stderr: "ignore" }],
    [true, { stdin: "ignore", init: true, limits: { pids: 10 } }],
    [false, { id: box.tag }],
    [false, { stderr: "inherit" }],
    [false, { stdout: fd }],
    [false, { runtime: openRuntime({ root: box.state, warm: false }) }],
  ];
  for (const [served, more] of rows)
    t.is(await isServed({ ...options, ...more }), served, JSON.stringify(Object.keys(more)));
  closeSync(fd);
  await nothingLeft(t, box, box.before);
});

test.serial("sandboxes have it, unless they have more than it can be given", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const runtime = openRuntime({ root: box.state, warm: true });
  const rows: readonly (readonly [boolean, Partial<SandboxOptions>])[] = [
    [true, {}],
    [true, { writable: true, limits: { pids: 10 } }],
    [false, { name: box.tag }],
    [false, { network: { allow: ["example.org"] } }],
    [false, { stderr: "inherit" }],
    [false, { runtime: openRuntime({ root: box.state, warm: false }) }],
  ];
  for (const [served, more] of rows) {
    const options = { runtime, cwd: box.path, tools: "none", stdin: "pipe", ...more } as const;
    t.is(await hasServer(sandbox("sleep", ["1000"], options)), served, JSON.stringify(Object.keys(more)));
  }
  {
    await using session = await openSandbox({ runtime, cwd: box.path, tools: "none" });
    t.true(await hasServer(session.exec("sleep", ["1000"], { stdin: "pipe" })));
    t.false(await hasServer(session.exec("sleep", ["1000"], { stdin: "pipe", stderr: "inherit" })));
  }
  await nothingLeft(t, box, box.before);
});

const wrong = (warm: unknown): object => ({ warm });

test.serial("the option is checked", (t) => {
  for (const warm of [true, false, { idle: 0 }, { idle: 5000 }]) t.notThrows(() => openRuntime({ warm }));
  for (const warm of ["yes", 1, null, {}, { idle: -1 }, { idle: "1" }, { idle: Number.NaN }, { idle: 2 ** 31 }])
    t.throws(() => openRuntime(wrong(warm)), { code: "E_USAGE", message: /the option warm/ });
});

test.serial("many at once, more than the helper has room for", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  await server(t, box);
  const input = "0123456789".repeat(1000);
  for (const count of [1, 8, 80]) {
    const runs = Array.from({ length: count }, (_, index) =>
      run({ ...optionsOf(box, "cat"), input: `${index} ${input}` }),
    );
    for (const [index, result] of (await Promise.all(runs)).entries())
      t.true(result.stdout === `${index} ${input}` && result.exitCode === 0, `${index} of ${count}`);
  }
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a thousand runs leave no descriptor and no memory", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const pid = await server(t, box);
  const few = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 10)
      await Promise.all(Array.from({ length: 10 }, () => run(optionsOf(box, "exit", "0"))));
  };
  const counts = () => [linksOf(process.pid).length, linksOf(pid).length, childrenOf(pid).length];
  await few(50);
  await until("all have ended", () => childrenOf(pid).length === 0);
  const [before, memory] = [counts(), memoryOf(pid)];
  await few(1000);
  await until("all have ended", () => childrenOf(pid).length === 0);
  // What ends a moment after its run may still have been open before.
  await until("the sockets are closed", () => counts().every((count, index) => count <= (before[index] ?? 0)));
  t.true(memoryOf(pid) <= memory + 64, `${memoryOf(pid)} KiB, before ${memory}`);
  t.true(memory < 1024, `${memory} KiB`);
  t.deepEqual(serversOf(process.pid), [pid]);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a helper that is killed takes its containers with it, and the next run has another", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const pid = await server(t, box);
  const subprocess = run({ ...optionsOf(box, "sleep", "1000"), stdin: "pipe" });
  const started = await subprocess.started;
  process.kill(pid, "SIGKILL");
  const result = await subprocess.result.then(
    ({ signal, failed }) => ({ signal, failed }),
    (error) => error.code,
  );
  t.true(result === "E_LAUNCH_FAILED" || (result.signal === "SIGKILL" && result.failed), JSON.stringify(result));
  await until("the container has ended", () => parentOf(started.pid) === 0);
  t.not(await server(t, box), pid);
  await nothingLeft(t, box, box.before);
});

test.serial("a helper that is killed while many launches begin leaves nothing, and each ends or is made", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  for (const wait of [0, 1, 2, 4, 8]) {
    const pid = await server(t, box);
    const runs = Array.from({ length: 6 }, () => run(optionsOf(box, "echo", "made")).result);
    await pause(wait);
    process.kill(pid, "SIGKILL");
    for (const one of await Promise.allSettled(runs)) {
      if (one.status === "fulfilled") t.true(one.value.stdout === "made\n" || one.value.failed);
      else {
        t.is(one.reason.code, "E_LAUNCH_FAILED", String(one.reason));
        // The end of the helper is seen. Nobody waits until its time is over.
        t.notRegex(String(one.reason), /has not answered/);
      }
    }
  }
  t.deepEqual(cgroupsOf(box), []);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("what this process has changed of itself is what containers get", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const first = await server(t, box);
  const script = `
import { openRuntime, run } from "@coffer/core";
const runtime = openRuntime({ root: process.argv[1], warm: true });
for (const mask of [0o22, 0o22, 0o77]) {
  process.umask(mask);
  const { stdout } = await run({ runtime, rootfs: process.argv[2], args: ["/probe", "facts"] });
  console.log(JSON.parse(stdout).umask);
}`;
  const argv = [process.execPath, "--input-type=module", "--eval", script, box.state, box.rootfs];
  const cold = parseFacts((await run({ ...optionsOf(box, "facts"), id: box.tag })).stdout).umask;
  const { stdout, stderr } = await command(argv, { cwd: repository });
  const masks = stdout.trim().split("\n").map(Number);
  t.deepEqual(masks.slice(0, 2), [cold, cold], stderr);
  // Where the config sets the mask, all are the same.
  t.true([cold, 0o77].includes(masks[2] ?? -1));
  t.deepEqual(serversOf(process.pid), [first]);
  await nothingLeft(t, box, box.before);
});

const caller = `
import { openRuntime, run } from "@coffer/core";
const [state, rootfs, how, warm] = process.argv.slice(1);
const runtime = openRuntime({ root: state, ...JSON.parse(warm) });
const options = { runtime, rootfs, stdin: "pipe", args: ["/probe", "sleep", how === "ends" ? "0" : "1000"] };
for (let turn = 0; turn < 2; turn++) await run({ ...options, stdin: "ignore", args: ["/probe", "exit", "0"] });
const subprocess = run(options);
console.log("pid", (await subprocess.started).pid);
if (how === "exits") process.exit(3);
await subprocess;
console.log("ended");`;

const startCaller = (box: Box, how: string, warm = "{}") =>
  start([process.execPath, "--input-type=module", "--eval", caller, box.state, box.rootfs, how, warm], {
    cwd: repository,
  });

const pidOf = (output: string): number => Number(/pid (\d+)/.exec(output)?.[1] ?? 0);

for (const how of ["is killed", "exits"])
  test.serial(`a caller that ${how} ends the helper, its launchers and the containers`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const running = startCaller(box, how === "exits" ? "exits" : "stays");
    await running.saw("pid");
    const pid = pidOf(running.output());
    const [launcher, helper] = [parentOf(pid), parentOf(parentOf(pid))];
    if (how === "is killed") {
      t.true(isServer(launcher) && isServer(helper), "the run after the first goes to the helper unless said");
      process.kill(running.pid, "SIGKILL");
    }
    await running.done;
    await until("all have ended", () => [pid, launcher, helper].every((one) => one === 0 || parentOf(one) === 0));
    await until("the cgroups are gone", () => cgroupsOf(box).length === 0);
    // The state of a container whose caller was killed is for `delete`.
    for (const id of readdirSync(box.state).filter((name) => name.startsWith("run-")))
      t.like(
        await command([
          process.execPath,
          join(repository, "packages/cli/bin/coffer.js"),
          "--root",
          box.state,
          "delete",
          "--force",
          id,
        ]),
        {
          exitCode: 0,
        },
      );
    await nothingLeft(t, box, box.before);
  });

test.serial("a caller that has nothing else to do ends, although its helper would stay", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const began = performance.now();
  t.like(await startCaller(box, "ends", '{"warm":{"idle":60000}}').done, { exitCode: 0, stderr: "" });
  t.true(performance.now() - began < 20_000);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("the first run of a process has a helper of its own unless said", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const script = `
import { openRuntime, run } from "@coffer/core";
import { readFileSync } from "node:fs";
const ppid = (pid) => /PPid:\\t(\\d+)/.exec(readFileSync("/proc/" + pid + "/status"))[1];
const [state, rootfs, warm] = process.argv.slice(1);
const runtime = openRuntime({ root: state, ...JSON.parse(warm) });
for (let turn = 0; turn < 3; turn++) {
  const one = run({ runtime, rootfs, stdin: "pipe", args: ["/probe", "sleep", "1000"] });
  console.log(readFileSync("/proc/" + ppid((await one.started).pid) + "/cmdline", "utf8").split("\\0")[1]);
  await one.kill("KILL");
  await one;
}`;
  for (const [warm, words] of [
    ["{}", "launch serve serve"],
    ['{"warm":true}', "serve serve serve"],
    ['{"warm":false}', "launch launch launch"],
  ] as const) {
    const argv = [process.execPath, "--input-type=module", "--eval", script, box.state, box.rootfs, warm];
    const { stdout, stderr } = await command(argv, { cwd: repository });
    t.is(stdout.trim().replaceAll("\n", " "), words, stderr);
  }
  await nothingLeft(t, box, box.before);
});

test.serial("the helper ends when nothing was launched for so long", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const script = `
import { openRuntime, run } from "@coffer/core";
const runtime = openRuntime({ root: process.argv[1], warm: { idle: 300 } });
const once = () => run({ runtime, rootfs: process.argv[2], args: ["/probe", "exit", "0"] });
await once();
console.log("ran");
setTimeout(async () => {
  await once();
  console.log("again");
  setInterval(() => {}, 1000);
}, 4000);`;
  const running = start([process.execPath, "--input-type=module", "--eval", script, box.state, box.rootfs], {
    cwd: repository,
  });
  await running.saw("ran");
  t.is(serversOf(running.pid).length, 1);
  await until("it has ended", () => serversOf(running.pid).length === 0);
  await running.saw("again");
  await until("the second has ended", () => serversOf(running.pid).length === 0);
  process.kill(running.pid, "SIGKILL");
  await running.done;
  await nothingLeft(t, box, box.before);
});
