// A container in the pid namespace of another one (a pod): it appears there last, and is what any container is.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Box } from "../helpers/container.ts";
import { create, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";

const kinds = (...names: readonly string[]) => names.map((type) => ({ type }));
const sleeps: Patch = { "/process/args": ["/probe", "sleep", "60000"] };

/** The first container of a pod, and the namespaces of the next one. */
async function makePod(t: ExecutionContext) {
  const first = makeBox(t, sleeps);
  await runDetached(t, first);
  const { pid } = await stateOf(t, first);
  const path = `/proc/${pid}/ns/pid`;
  const namespaces = [...kinds("mount", "uts", "ipc", "network"), { type: "pid", path }];
  return { first, patch: { ...sleeps, "/linux/namespaces": namespaces }, inside: readlinkSync(path) };
}

async function end(t: ExecutionContext, ...boxes: readonly Box[]): Promise<void> {
  for (const box of boxes) await ok(t, box, "delete", ["--force", box.tag]);
  for (const box of boxes) await nothingLeft(t, box, box.before);
}

test.serial("a container of a pod is created, started, joined and ended", async (t) => {
  if (!(await needs(t, "root"))) return;
  const { first, patch, inside } = await makePod(t);
  const box = makeBox(t, patch);
  await create(t, box, "--pid-file", `${box.base}/pid`);
  const created = await stateOf(t, box);
  t.is(created.status, "created");
  t.is(readFileSync(`${box.base}/pid`, "utf8"), `${created.pid}`);
  t.is(readlinkSync(`/proc/${created.pid}/ns/pid`), inside);
  await ok(t, box, "start", [box.tag]);
  t.is((await stateOf(t, box)).status, "running");
  const facts = parseFacts((await ok(t, box, "exec", [box.tag, "/probe", "facts"])).stdout);
  t.true(facts.pid > 2);
  // The container's procfs is the pod's: it has the first container's process as 1.
  t.is(readFileSync(`/proc/${created.pid}/root/proc/1/cmdline`, "utf8"), "/probe\0sleep\x0060000\0");
  const others = readdirSync(`/proc/${created.pid}/root/proc`).filter((name) => /^\d+$/.test(name));
  t.is(others.length, 2);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await end(t, box, first);
});

test.serial("a container of a pod has a terminal, limits, CPUs and a session of its own", async (t) => {
  if (!(await needs(t, "root"))) return;
  const { first, patch } = await makePod(t);
  const box = makeBox(t, {
    ...patch,
    "/process/args": ["/probe", "facts"],
    "/process/terminal": true,
    "/process/rlimits": [{ type: "RLIMIT_NOFILE", soft: 900, hard: 1000 }],
    "/process/user": { uid: 5, gid: 6 },
  });
  const prefix = [tools(), "pty", "31x77", "--"];
  const outcome = await ok(t, box, "run", ["--bundle", box.path, box.tag], { prefix });
  const facts = parseFacts(outcome.stdout.replaceAll("\r", ""));
  t.like(facts.terminal, { rows: 31, columns: 77 });
  t.is(facts.sid, facts.pid);
  await end(t, first);
});
