// A helper that stays and does not answer: it is given ten seconds, and those are most of the time of this file.
import { run } from "@coffer/core";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { childrenOf, optionsOf, parentOf, server } from "../helpers/callers/served.ts";
import { command, until } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

test.serial("a helper that is stopped is given up, and the run goes on without it", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const pid = await server(t, box);
  process.kill(pid, "SIGSTOP");
  const began = performance.now();
  t.like(await run(optionsOf(box, "echo", "hello")), { exitCode: 0, stdout: "hello\n" });
  t.true(performance.now() - began < 20_000);
  t.not(await server(t, box), pid);
  await nothingLeft(t, box, box.before);
});

test.serial("a stall of the caller is no silence of the helper, and ends no other run", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t);
  const script = `
import { openRuntime, run } from "@coffer/core";
const runtime = openRuntime({ root: process.argv[1], warm: true });
const options = (...args) => ({ runtime, rootfs: process.argv[2], stdin: "pipe", args: ["/probe", ...args] });
const long = run(options("sleep", "1000"));
const { pid } = await long.started;
const next = run(options("sleep", "1000"));
await new Promise((resolve) => setImmediate(resolve));
for (const end = Date.now() + 11_000; Date.now() < end; );
await next.started;
await new Promise((resolve) => setTimeout(resolve, 1000));
process.kill(pid, 0);
for (const one of [next, long]) {
  await one.kill("KILL");
  console.log((await one).signal);
}`;
  const argv = [process.execPath, "--input-type=module", "--eval", script, box.state, box.rootfs];
  t.like(await command(argv, { cwd: repository }), { stdout: "SIGKILL\nSIGKILL\n", stderr: "" });
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial(
  "a helper that is stopped while others run is left to them, and what it was asked for is taken back",
  async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t);
    const pid = await server(t, box);
    const long = run({ ...optionsOf(box, "sleep", "1000"), stdin: "pipe" });
    const started = await long.started;
    process.kill(pid, "SIGSTOP");
    const late = [1, 2].map(() => run(optionsOf(box, "echo", "late")).result);
    for (const one of await Promise.allSettled(late))
      t.is(one.status === "rejected" ? one.reason.code : one.value.stdout, "E_LAUNCH_FAILED");
    t.like(await run(optionsOf(box, "echo", "hello")), { exitCode: 0, stdout: "hello\n" });
    process.kill(pid, "SIGCONT");
    t.true(parentOf(started.pid) > 0, "the other run has ended");
    await until("nothing else was launched", () => childrenOf(pid).length === 1);
    await long.kill("KILL");
    t.like(await long, { signal: "SIGKILL" });
    await until("it has ended", () => parentOf(pid) === 0);
    await nothingLeft(t, box, box.before, "rootfs");
  },
);
