// A launcher that waits for its container has given up what it does not need for that (confine).
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import test from "ava";
import { alwaysNeeds, waitingNeeds } from "../../packages/core/src/plan/waiting-needs.ts";
import { makeBox, parentOf, stateOf } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, startVerb } from "../helpers/runtimes.ts";
import { traceVerb } from "../helpers/trace.ts";

const sleeps = (seconds: number) => ({ "/process/args": ["/probe", "sleep", `${seconds}`] });

const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

test.serial("it is under a filter, and passes signals on and cleans up all the same", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, sleeps(1000));
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  for (let tries = 0; (await coffer(box, "state", [box.tag])).exitCode !== 0 && tries < 100; tries += 1)
    await setTimeout(20);
  await setTimeout(300);
  const launcher = parentOf((await stateOf(t, box)).pid);
  t.is(statusOf(launcher, "Seccomp"), "2");
  t.is(statusOf(launcher, "NoNewPrivs"), "1");
  process.kill(launcher, "SIGINT");
  await setTimeout(100);
  await coffer(box, "kill", [box.tag, "KILL"]);
  t.is((await running.done).exitCode, 137);
  await nothingLeft(t, box, box.before);
});

test.serial("once confined it makes the listed calls only", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const box = makeBox(t, sleeps(1));
  const { launcher, outcome } = await traceVerb(box, "run", ["--bundle", box.path, box.tag]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  const at = launcher.findIndex(({ name }) => name === "seccomp");
  t.true(at > 0, "the filter is loaded");
  t.true(
    launcher.slice(0, at).some(({ name, line }) => name === "landlock_restrict_self" && line.endsWith("= 0")),
    "the domain is entered",
  );
  const ops = ["wait", "kill-cgroup", "remove-cgroup"] as const;
  const listed = new Set([...alwaysNeeds.calls, ...ops.flatMap((op) => waitingNeeds[op]?.calls ?? [])]);
  const seen = new Set(launcher.slice(at + 1).map(({ name }) => name));
  t.deepEqual(
    [...seen].filter((name) => !listed.has(name)),
    [],
  );
  for (const name of ["ppoll", "waitid", "unlinkat", "exit_group"]) t.true(seen.has(name), name);
});
