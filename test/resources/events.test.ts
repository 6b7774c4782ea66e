// events: runc's JSON, with the same fields, and the same values where they stand still.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBox, ok, runDetached } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { coffer, runVerb, startVerb } from "../helpers/peers/runtimes.ts";

const limits = {
  "/process/args": ["/probe", "sleep", "1000"],
  "/linux/resources": {
    memory: { limit: 67108864, swap: 67108864 },
    cpu: { quota: 50000, period: 100000, cpus: "0-1", mems: "0" },
    pids: { limit: 20 },
  },
} as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Each leaf by its path, with its type. Lists count as one. */
function fieldsOf(value: unknown, path = ""): readonly string[] {
  if (!isObject(value)) return [`${path} ${Array.isArray(value) ? "list" : value === null ? "null" : typeof value}`];
  const below = Object.entries(value).flatMap(([name, part]) => fieldsOf(part, `${path}/${name}`));
  return below.length === 0 ? [`${path} empty`] : below;
}

/** What one container happens to have used and the other not. */
const volatile = /^\/data\/(memory\/(cache|\w+\/(usage|max)|raw\/)|blkio[/ ]|cpu\/(usage\/|throttling))/;

async function countsOf(t: ExecutionContext, name: RuntimeName): Promise<unknown> {
  const box = makeBox(t, limits);
  await runVerb(name, box, "run", ["--detach", "--bundle", box.path, box.tag]);
  const { stdout, stderr } = await runVerb(name, box, "events", ["--stats", box.tag]);
  t.regex(stdout, /^\{.*\}\n$/, stderr);
  t.is((await runVerb(name, box, "delete", ["--force", box.tag])).exitCode, 0);
  await nothingLeft(t, box, box.before);
  return JSON.parse(stdout.replaceAll(box.tag, "ID"));
}

function sameCounts(t: ExecutionContext, ours: unknown, theirs: unknown): void {
  const stable = (value: unknown): readonly string[] => fieldsOf(value).filter((field) => !volatile.test(field));
  t.deepEqual(stable(ours), stable(theirs));
  const raw = (value: unknown): readonly string[] =>
    fieldsOf(value).filter((field) => field.startsWith("/data/memory/raw"));
  t.deepEqual(raw(ours).toSorted(), raw(theirs).toSorted());
  const parts = (value: unknown) => {
    const data = isObject(value) && isObject(value.data) ? value.data : {};
    const memory = isObject(data.memory) ? data.memory : {};
    const limitOf = (name: string): unknown => (isObject(memory[name]) ? memory[name].limit : undefined);
    return { cpuset: data.cpuset, pids: data.pids, limits: ["usage", "swap", "kernel", "kernelTCP"].map(limitOf) };
  };
  t.deepEqual(parts(ours), parts(theirs));
}

test.serial("the counts have the fields of runc's", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1", "runc"))) return;
  const ours = await countsOf(t, "coffer");
  await beside(t, ["runc"], async (tt) => sameCounts(tt, ours, await countsOf(tt, "runc")));
});

test.serial("v2: the counts are those of the unified hierarchy", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { ...limits, "/linux/resources": {} });
  const verb = (name: string, ...args: readonly string[]) => coffer(box, name, args, { mode: "v2" });
  await verb("run", "--detach", "--bundle", box.path, box.tag);
  const { stdout } = await verb("events", "--stats", box.tag);
  const { type, id, data } = JSON.parse(stdout);
  t.deepEqual([type, id], ["stats", box.tag]);
  t.true(data.cpu.usage.total > 0);
  t.is(data.network_interfaces, null);
  await verb("delete", "--force", box.tag);
  await nothingLeft(t, box, box.before);
});

test.serial("events come in the interval and end with the container", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, limits);
  await runDetached(t, box);
  const events = startVerb("coffer", box, "events", ["--interval", "100ms", box.tag]);
  await events.saw('"type":"stats"');
  await ok(t, box, "kill", [box.tag, "KILL"]);
  const { exitCode, stdout } = await events.done;
  t.is(exitCode, 0);
  t.true(
    stdout
      .trimEnd()
      .split("\n")
      .every((line) => JSON.parse(line).id === box.tag),
  );
  const late = await coffer(box, "events", ["--stats", box.tag]);
  t.is(late.exitCode, 1);
  t.regex(late.stderr, new RegExp(`container with id ${box.tag} is not running`));
  await ok(t, box, "delete", [box.tag]);
  await nothingLeft(t, box, box.before);
});

test.serial("a container that is out of memory is told of", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const memory = { limit: 16777216, swap: 16777216 };
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], "/linux/resources": { memory } });
  await runDetached(t, box);
  const events = startVerb("coffer", box, "events", ["--interval", "100ms", box.tag]);
  await events.saw('"type":"stats"');
  const eaten = await coffer(box, "exec", [box.tag, "/probe", "memory", "64"]);
  t.is(eaten.exitCode, 137);
  await events.saw('"type":"oom"');
  await ok(t, box, "delete", ["--force", box.tag]);
  t.is((await events.done).exitCode, 0);
  await nothingLeft(t, box, box.before);
});
