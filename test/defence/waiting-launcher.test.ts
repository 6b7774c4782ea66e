// A launcher that waits for its container has given up what it does not need for that (confine).
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { alwaysNeeds, waitingNeeds } from "../../packages/core/src/plan/confine/waiting-needs.ts";
import type { Running } from "../helpers/command.ts";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox, parentOf, stateOf } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { startVerb } from "../helpers/peers/runtimes.ts";
import { traceVerb } from "../helpers/trace/trace.ts";

const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

/** A program that says which signal it gets, and ends with 42. */
const signalled = { "/process/args": ["/probe", "signals", "1"] };

/** The launcher of a container that runs, once it is confined. */
async function confined(t: ExecutionContext, box: Box, running: Running): Promise<number> {
  await running.saw("ready");
  const launcher = parentOf((await stateOf(t, box)).pid);
  await until("the launcher is under a filter", () => statusOf(launcher, "Seccomp") === "2");
  return launcher;
}

test.serial("it is under a filter, and passes signals on and cleans up all the same", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, signalled);
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  const launcher = await confined(t, box, running);
  t.is(statusOf(launcher, "NoNewPrivs"), "1");
  process.kill(launcher, "SIGINT");
  const { exitCode, stdout } = await running.done;
  t.deepEqual([exitCode, stdout], [42, "ready\nsignal 2\n"]);
  await nothingLeft(t, box, box.before);
});

test.serial("once confined it makes the listed calls only", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const box = makeBox(t, signalled);
  const args = ["--bundle", box.path, box.tag];
  const { launcher, outcome } = await traceVerb(box, "run", args, {}, async (running) => {
    process.kill(await confined(t, box, running), "SIGTERM");
  });
  t.is(outcome.exitCode, 42, outcome.stderr);
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
