// `logs` of the TypeScript API: what a container writes that its caller does not wait for.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LogLine } from "@coffer/core";
import { CofferError, create, getContainer, openRuntime } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { makeRoot } from "../helpers/root.ts";

function scriptBox(t: ExecutionContext): Box {
  const box = makeBox(t);
  makeRoot(join(box.path, "rootfs"));
  return { ...box, before: snapshot(box) };
}

const optionsOf = (box: Box, script: string) =>
  ({
    runtime: openRuntime({ root: box.state }),
    bundle: box.path,
    id: box.tag,
    args: ["/bin/sh", "-c", script],
    logs: true,
  }) as const;

async function all<T>(lines: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const show = ({ stream, line }: LogLine): string => `${stream} ${line}`;

test.serial("lines come with their stream and time, also to whoever did not make the container", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t);
  const options = optionsOf(box, "echo one; sleep 0.1; echo two >&2; sleep 0.1; printf thr; sleep 0.1; printf ee");
  const began = Date.now();
  await using container = await create(options);
  await container.start();
  const other = await getContainer(box.tag, { runtime: options.runtime });
  const lines = await all(other.logs({ follow: true }));
  t.deepEqual(lines.map(show), ["stdout one", "stderr two", "stdout three"]);
  for (const { time } of lines) t.true(time.getTime() >= began - 1 && time.getTime() <= Date.now());
  await container.wait();
  t.deepEqual((await all(container.logs({ stderr: false }))).map(show), ["stdout one", "stdout three"]);
  t.deepEqual((await all(container.logs({ tail: 1 }))).map(show), ["stdout three"]);
  const since = lines[2]?.time ?? new Date();
  t.deepEqual((await all(container.logs({ since }))).map(show), ["stdout three"]);
  const [bytes] = await all(container.logs({ encoding: "buffer" }));
  t.deepEqual(bytes?.line, new Uint8Array(Buffer.from("one")));
  await container.delete();
  t.false(existsSync(join(box.state, box.tag)));
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a follower that leaves early leaves nothing open", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t);
  await using container = await create(optionsOf(box, "while :; do echo x; sleep 0.1; done"));
  await container.start();
  for await (const { line } of container.logs({ follow: true })) if (line === "x") break;
  t.is((await container.state()).status, "running");
});

test.serial("a long line comes in pieces of at most a megabyte, and nothing is lost", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t);
  const script = "busybox dd if=/dev/zero bs=1000 count=3000 2>/dev/null | busybox tr '\\0' a";
  await using container = await create({ ...optionsOf(box, script), logs: { size: 8_000_000 } });
  await container.start();
  const lines = await all(container.logs({ follow: true }));
  t.is(lines.map(({ line }) => line).join(""), "a".repeat(3_000_000));
  t.true(lines.length <= 4, `${lines.length}`);
});

test.serial("the caller is killed, and the log goes on", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = scriptBox(t);
  const { runtime, ...options } = optionsOf(box, "sleep 1; echo later; sleep 1000");
  const source = `import { create, openRuntime } from "@coffer/core";
    const container = await create({ ...${JSON.stringify(options)}, runtime: openRuntime({ root: ${JSON.stringify(box.state)} }) });
    await container.start(); console.log("started"); setInterval(() => {}, 1000);`;
  const caller = start([process.execPath, "--input-type=module", "-e", source], { cwd: repository });
  await caller.saw("started");
  process.kill(caller.pid, "SIGKILL");
  await caller.done;
  await using container = await getContainer(box.tag, { runtime });
  for await (const { line } of container.logs({ follow: true })) {
    t.is(line, "later");
    break;
  }
  t.is((await container.state()).status, "running");
});

test.serial("a container that was not made with logs has none", async (t) => {
  const box = makeBox(t);
  const { logs: _, ...options } = optionsOf(box, "");
  await using container = await create({ ...options, args: ["/probe", "sleep", "1000"] });
  const error = await t.throwsAsync(all(container.logs()), { instanceOf: CofferError });
  t.is(error?.code, "E_USAGE");
  await until("it is there", async () => (await container.state()).status === "created");
});

for (const logs of [{ size: 1 }, { size: 2 ** 31 }, { sizes: 65_536 }, "yes"])
  test(`an option that is wrong is refused: ${JSON.stringify(logs)}`, async (t) => {
    const box = makeBox(t);
    const options = { ...optionsOf(box, ""), logs: JSON.parse(JSON.stringify(logs)) };
    const error = await t.throwsAsync(create(options), { instanceOf: CofferError });
    t.regex(error?.message ?? "", /the option logs is not true or false, or an object with size/);
  });
