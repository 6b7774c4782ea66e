// `create`, `exec`, `kill` and `plan` of the TypeScript API.
import { CofferError, create, exec, openRuntime, plan, run, verbs } from "@coffer/core";
import test from "ava";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";

function optionsOf(box: Box, ...args: readonly string[]) {
  const runtime = openRuntime({ root: box.state });
  return { runtime, bundle: box.path, id: box.tag, args: ["/probe", ...args] } as const;
}

test.serial("a container goes through its states", async (t) => {
  const box = makeBox(t);
  const container = await create(optionsOf(box, "sleep", "1000"));
  t.is(container.id, box.tag);
  t.like(await container.state(), { id: box.tag, status: "created", pid: container.pid });
  await container.start();
  t.is((await container.state()).status, "running");
  await container.kill("KILL");
  await until("it has stopped", async () => (await container.state()).status === "stopped");
  await container.delete();
  await t.throwsAsync(async () => container.state(), { instanceOf: CofferError });
  await nothingLeft(t, box, box.before);
});

test.serial("await using deletes a container", async (t) => {
  const box = makeBox(t);
  const { runtime } = optionsOf(box);
  {
    await using container = await create(optionsOf(box, "sleep", "1000"));
    await container.start();
    t.is((await verbs.list(runtime)).length, 1);
  }
  t.deepEqual(await verbs.list(runtime), []);
  await nothingLeft(t, box, box.before);
});

test.serial("exec runs further processes", async (t) => {
  const box = makeBox(t);
  const { runtime } = optionsOf(box);
  await using container = await create(optionsOf(box, "sleep", "1000"));
  await container.start();
  t.like(await container.exec({ args: ["/probe", "echo", "hi"] }), { exitCode: 0, stdout: "hi\n" });
  t.like(await container.exec({ args: ["/probe", "exit", "3"] }), { exitCode: 3, failed: true });
  t.like(await exec(box.tag, { runtime, args: ["/probe", "cat"], input: "in" }), { stdout: "in" });
  const slow = container.exec({ args: ["/probe", "sleep", "1000"], timeoutMs: 2000 });
  t.like(await slow, { timedOut: true, signal: "SIGKILL" });
  t.is((await container.state()).status, "running");
});

test.serial("what a killed process has started is not waited for", async (t) => {
  const box = makeBox(t);
  await using container = await create(optionsOf(box, "sleep", "1000"));
  await container.start();
  // The child keeps both streams open as long as the container lives.
  const args = ["/probe", "fork", "1", "stay"];
  const controller = new AbortController();
  const canceled = container.exec({ args, signal: controller.signal });
  const { stdout } = await canceled.started;
  for await (const chunk of stdout ?? []) if (chunk.length > 0) break;
  controller.abort();
  t.like(await canceled, { isCanceled: true, failed: true, stdout: "forked 1\n" });
  t.is((await container.state()).status, "running");
});

test.serial("an id is used once", async (t) => {
  const box = makeBox(t);
  await using container = await create(optionsOf(box, "sleep", "1000"));
  const error = await t.throwsAsync(async () => create(optionsOf(box, "sleep", "1000")), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_CONTAINER_EXISTS"));
  t.is((await container.state()).status, "created");
});

test.serial("a plan is the same each time, and changes nothing", async (t) => {
  const box = makeBox(t);
  const first = plan(optionsOf(box, "facts"));
  const second = plan(optionsOf(box, "facts"));
  t.deepEqual(first.bytes, second.bytes);
  t.regex(first.print(), /exec/);
  t.true(first.plan.ops.length > 50);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("limits are set, or refused by name", async (t) => {
  const box = makeBox(t);
  const limits = { memory: 64 * 1024 * 1024, pids: 32 };
  try {
    t.is((await run({ ...optionsOf(box, "exit", "0"), limits })).exitCode, 0);
  } catch (error) {
    t.true(CofferError.is(error));
    t.regex(String(error), /\/linux\/resources/);
  }
  await nothingLeft(t, box, box.before);
});
