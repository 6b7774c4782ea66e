// What is left when somebody is killed on the way: a `start` between its steps, the Node that waits for a container.
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { isNative } from "../helpers/callers/front.ts";
import type { Running } from "../helpers/command.ts";
import { pause, start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { create, fails, makeBox, ok, stateOf } from "../helpers/container.ts";
import { cgroupsOf, mountsFor, nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv, helperPath, runVerb } from "../helpers/peers/runtimes.ts";

/** Has `start` be killed at the first of some kernel calls: the native front, or the helper of the other one. */
async function startKilled(box: Box, calls: string) {
  const strace = [
    "strace",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${calls}`,
    "-e",
    `inject=${calls}:signal=KILL:when=1`,
  ];
  if (isNative) return runVerb("coffer", box, "start", [box.tag], { prefix: strace });
  const helper = join(box.base, "killed-helper");
  writeFileSync(helper, `#!/bin/sh\nexec ${strace.join(" ")} ${helperPath()} "$@"\n`);
  chmodSync(helper, 0o755);
  const killed = await runVerb("coffer", box, "start", [box.tag], { env: { COFFER_HELPER: helper } });
  return { ...killed, signal: killed.exitCode === 1 ? "SIGKILL" : undefined };
}

// Killed at the wait for init's answer, and at the removal of the gate.
for (const call of ["poll,ppoll", "unlinkat"])
  test.serial(`a start that is killed at ${call}: the container runs, and is said to`, async (t) => {
    if (!(await needs(t, "root", "strace"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
    await create(t, box);
    t.is((await stateOf(t, box)).status, "created");
    const isRunning = async () => (await stateOf(t, box)).status === "running";
    // Init may look before the word is there, and nobody is left to say it again: the container is still created then.
    await until("it is said to run", async () => {
      const killed = await startKilled(box, call);
      t.is(killed.signal, "SIGKILL", killed.stderr);
      for (let left = 100; left > 0 && !(await isRunning()); left--) await pause(10);
      return isRunning();
    });
    await fails(t, box, "start", [box.tag], /cannot start an already running container/);
    await ok(t, box, "exec", [box.tag, "/probe", "exit", "0"]);
    await ok(t, box, "delete", ["--force", box.tag]);
    await nothingLeft(t, box, box.before);
  });

for (const [what, text] of Object.entries({ "is no program": "x", "ends at once": "#!/bin/sh\nexit 1\n" }))
  test.serial(`a helper that ${what} leaves nothing of a container`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "60000"] });
    const helper = join(box.base, "helper");
    writeFileSync(helper, text);
    chmodSync(helper, 0o755);
    for (const verb of ["create", "run"]) {
      const failed = await runVerb("coffer", box, verb, ["--bundle", box.path, box.tag], {
        env: { COFFER_HELPER: helper },
      });
      t.not(failed.exitCode, 0);
      t.false(existsSync(join(box.state, box.tag)), verb);
    }
    await nothingLeft(t, box, box.before);
  });

/** Kills what waits for a container, and asserts that the container and its cgroups go with it. */
async function endsWith(t: ExecutionContext, box: Box, waiting: Running): Promise<void> {
  await waiting.saw("here");
  process.kill(waiting.pid, "SIGKILL");
  await waiting.done;
  await until("the container has ended", () => processesOf(box).length === 0 && cgroupsOf(box).length === 0);
  t.deepEqual(mountsFor(box), box.before.mounts);
}

const env = (box: Box) => ({ COFFER_TEST_TAG: box.tag });

test.serial("a sandbox ends with the Node that waits for it", async (t) => {
  const box = makeBox(t);
  const words = [...cofferArgv(), "sandbox", "--", "sh", "-c", `echo here; exec sleep 60 # ${box.tag}`];
  await endsWith(t, box, start(words, { env: env(box), cwd: box.base }));
});

test.serial("a container of `run` ends with the Node that waits for it, and its cgroups are removed", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const program = `
    import { openRuntime, run } from "@coffer/core";
    const runtime = openRuntime({ root: ${JSON.stringify(box.state)} });
    const child = run({ runtime, bundle: ${JSON.stringify(box.path)}, id: ${JSON.stringify(box.tag)}, args: ["/probe", "sleep", "60000"] });
    const timer = setInterval(() => {
      import("node:fs").then(({ existsSync }) => {
        if (existsSync(${JSON.stringify(join(box.state, box.tag, "process"))})) console.log("here");
      });
    }, 50);
    await child;
    clearInterval(timer);
  `;
  const words = [process.execPath, "--conditions=@coffer/source", "--input-type=module", "--eval", program];
  await endsWith(t, box, start(words, { env: env(box), cwd: join(repository, "packages/core") }));
  // What Node has made stays: it is said to have stopped.
  t.is((await stateOf(t, box)).status, "stopped");
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});
