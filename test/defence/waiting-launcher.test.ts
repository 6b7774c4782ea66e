// A launcher that waits for its container has given up what it does not need for that (confine).
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { alwaysNeeds, waitingNeeds } from "../../packages/core/src/plan/confine/waiting-needs.ts";
import type { Running } from "../helpers/command.ts";
import { until } from "../helpers/command.ts";
import { defaultNamespaces, ownIds } from "../helpers/config.ts";
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

/** Descriptors of mounts that are not in a process's mount namespace, by where they lead. */
function strangeMounts(pid: number): readonly string[] {
  const own = new Set(readFileSync(`/proc/${pid}/mountinfo`, "utf8").match(/^\d+/gm));
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    const mount = /^mnt_id:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "";
    return target.startsWith("/") && !target.startsWith("/memfd:") && !own.has(mount) ? [target] : [];
  });
}

test.serial("it holds none of the host's mounts that it has cloned for the container", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const bind = { destination: "/mnt", source: "$BASE/canary", options: ["rbind", "ro"] };
  const user = {
    "/linux/namespaces": [...defaultNamespaces, { type: "user" }],
    "/linux/uidMappings": ownIds(65536),
    "/linux/gidMappings": ownIds(65536),
  };
  const box = makeBox(t, { ...signalled, ...user, "/mounts/-": bind });
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  const launcher = await confined(t, box, running);
  t.deepEqual(strangeMounts(launcher), []);
  process.kill(launcher, "SIGINT");
  t.is((await running.done).exitCode, 42);
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
