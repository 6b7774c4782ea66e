// R14: whatever a container does, each verb ends within its bound, with the right result or an error that says why.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import type { Outcome } from "../helpers/command.ts";
import { pause, until } from "../helpers/command.ts";
import { create, makeBox, ok, runDetached, stateOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, runVerb, startVerb } from "../helpers/peers/runtimes.ts";
import { attackedBy, attacking, deleted, endMs, fuse, hasty, initMs, launcherOf, mapped, slackMs } from "./attacks.ts";

type Row = {
  readonly attack: readonly string[];
  readonly verb: string;
  readonly patch?: Patch;
  readonly exec: readonly string[];
  readonly withinMs: number;
  readonly expect: RegExp | number;
};

/** What the programs exit with when nothing has hindered them, and how often the attack is tried. */
const harmless: readonly (number | null)[] = [0, 3];
const maxTries = 30;

const noAnswer = /init did not answer in time|\(ETIMEDOUT\)/;

/** What runs beside the attack. */
const execs: readonly Row[] = [
  {
    attack: ["stop"],
    verb: "exec",
    exec: ["/probe", "exit", "3"],
    withinMs: initMs,
    expect: noAnswer,
  },
  {
    attack: ["stop"],
    verb: "exec -t",
    exec: ["-t", "/probe", "exit", "3"],
    withinMs: initMs,
    expect: noAnswer,
  },
  {
    attack: ["trace"],
    verb: "exec",
    exec: ["/probe", "sleep", "1"],
    withinMs: 1000 + 2 * endMs,
    expect: /another process traces it|\(ETIMEDOUT\)/,
  },
  {
    attack: ["lease", "/program"],
    verb: "exec",
    exec: ["/program", "exit", "3"],
    withinMs: initMs,
    expect: noAnswer,
  },
  {
    attack: ["stall", "/mnt"],
    verb: "exec --cwd",
    patch: fuse,
    exec: ["--cwd", "/mnt/none", "/probe", "exit", "3"],
    withinMs: initMs + endMs,
    expect: noAnswer,
  },
  {
    attack: ["stall", "/dev/pts"],
    verb: "exec -t",
    patch: fuse,
    exec: ["-t", "/probe", "exit", "3"],
    withinMs: initMs + endMs,
    expect: noAnswer,
  },
  {
    attack: ["fifo", "/dev/pts"],
    verb: "exec -t",
    patch: mapped,
    exec: ["-t", "/probe", "exit", "3"],
    withinMs: 0,
    expect: /no devpts|differs from the plan/,
  },
];

/** Runs a verb, and asserts how it ends and when. */
async function ends(t: ExecutionContext, began: number, outcome: Outcome, { withinMs, expect }: Row): Promise<void> {
  const took = Date.now() - began;
  t.true(took < withinMs + slackMs, `took ${took} ms: ${outcome.exitCode} ${outcome.stderr}`);
  if (typeof expect === "number") t.is(outcome.exitCode, expect, outcome.stderr);
  else t.regex(outcome.stdout + outcome.stderr, expect, `${outcome.exitCode}`);
}

for (const row of execs)
  test(`${row.attack[0]} × ${row.verb}${row.patch === fuse ? `, ${row.attack[1]}` : ""}`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = attackedBy(t, row.attack, row.patch);
    const running = await attacking(t, box);
    const [flags, words] = split(row.exec);
    // An attack may come too late.
    for (let tries = 0, hit = false; !hit; tries += 1) {
      const began = Date.now();
      const outcome = await runVerb("coffer", box, "exec", [...flags, box.tag, ...words], {
        env: hasty(box),
        timeoutMs: row.withinMs + 3 * slackMs,
        ...(flags.includes("-t") ? { prefix: [tools(), "pty", "24x80", "--"] } : {}),
      });
      hit = !harmless.includes(outcome.exitCode) || tries === maxTries;
      if (hit) await ends(t, began, outcome, row);
    }
    await deleted(t, box, running);
  });

/** The words before the program's, and its own. */
function split(exec: readonly string[]): readonly [readonly string[], readonly string[]] {
  const at = exec.findIndex((word) => word === "/probe" || word === "/program");
  return [exec.slice(0, at), exec.slice(at)];
}

test("limit × exec: it runs, or says why not", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = attackedBy(t, ["limit"]);
  const running = await attacking(t, box);
  for (let tries = 0; tries < 10; tries += 1) {
    const outcome = await coffer(box, "exec", [box.tag, "/probe", "exit", "3"], { env: hasty(box) });
    if (outcome.exitCode === 3) t.is(outcome.stderr, "");
    else if (outcome.exitCode !== 139 && outcome.exitCode !== 137) t.regex(outcome.stderr, /^coffer: /);
  }
  await deleted(t, box, running);
});

test("a program that its own child traces: the tracer is killed with the cgroup, and the status comes after all", async (t) => {
  if (!(await needs(t, "root"))) return;
  const namespaces = ["ipc", "uts", "mount", "network"].map((type) => ({ type }));
  const box = attackedBy(t, ["self-trace"], {
    "/linux/namespaces": namespaces,
    "/mounts/0": { destination: "/proc", type: "bind", source: "/proc", options: ["rbind", "ro"] },
  });
  const began = Date.now();
  const outcome = await coffer(box, "run", ["--bundle", box.path, box.tag], { timeoutMs: 40_000 });
  t.is(outcome.exitCode, 7, outcome.stderr);
  t.true(Date.now() - began < endMs + slackMs, `${Date.now() - began} ms`);
  await nothingLeft(t, box, box.before);
});

test("a first process that hangs in a file system of its own child is deleted", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = attackedBy(t, ["stall-self", "/mnt"], fuse);
  await runDetached(t, box);
  const { pid } = await stateOf(t, box);
  await until("it hangs", () => /^State:\s+[DS]/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  await deleted(t, box);
});

test("a frozen cgroup does not keep SIGTERM from a launcher that waits for init", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], "/linux/resources": {} });
  await runDetached(t, box);
  await ok(t, box, "pause", [box.tag]);
  const exec = startVerb("coffer", box, "exec", ["--ignore-paused", box.tag, "/probe", "exit", "7"]);
  const launcher = await launcherOf(exec.pid);
  await pause(500);
  process.kill(launcher, "SIGTERM");
  const began = Date.now();
  const outcome = await exec.done;
  t.true(Date.now() - began < slackMs, outcome.stderr);
  t.true(outcome.exitCode !== 0 && outcome.exitCode !== null, `${outcome.exitCode}`);
  await ok(t, box, "resume", [box.tag]);
  await deleted(t, box);
});

test("a pod's member that stops init: create ends and holds no lock", async (t) => {
  if (!(await needs(t, "root"))) return;
  const pod = attackedBy(t, ["stop"]);
  const running = await attacking(t, pod);
  const { pid } = await stateOf(t, pod);
  const namespaces = ["network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type }));
  const box = makeBox(t, {
    "/linux/namespaces": [...namespaces, { type: "pid", path: `/proc/${pid}/ns/pid` }],
    "/process/args": ["/probe", "sleep", "1000"],
  });
  // The attack may come too late.
  for (let tries = 0, hit = false; !hit; tries += 1) {
    const began = Date.now();
    const outcome = await coffer(box, "create", ["--bundle", box.path, box.tag], { env: hasty(box) });
    t.true(Date.now() - began < initMs + slackMs, `${Date.now() - began} ms`);
    hit = outcome.exitCode !== 0 || tries === maxTries;
    if (hit) t.regex(outcome.stderr, noAnswer);
    else await ok(t, box, "delete", ["--force", box.tag]);
  }
  await nothingLeft(t, box, box.before);
  await deleted(t, pod, running);
});

test("init that is stopped at its gate: start ends, delete works", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  await create(t, box);
  process.kill((await stateOf(t, box)).pid, "SIGSTOP");
  const start = startVerb("coffer", box, "start", [box.tag]);
  const launcher = await launcherOf(start.pid);
  await pause(500);
  process.kill(launcher, "SIGTERM");
  const { exitCode } = await start.done;
  t.true(exitCode !== 0 && exitCode !== null, `${exitCode}`);
  await deleted(t, box);
});

test("a process that hangs in a file system of another container of its pod: delete ends, and says what it may wait for", async (t) => {
  if (!(await needs(t, "root"))) return;
  const pod = attackedBy(t, ["stall", "/mnt"], fuse);
  const running = await attacking(t, pod);
  const { pid } = await stateOf(t, pod);
  const joined = ["user", "mount"].map((type) => ({
    type,
    path: `/proc/${pid}/ns/${type === "mount" ? "mnt" : type}`,
  }));
  const box = makeBox(t, {
    "/root/path": "/",
    "/root/readonly": undefined,
    "/mounts": [],
    "/linux/maskedPaths": undefined,
    "/linux/readonlyPaths": undefined,
    "/linux/namespaces": [...joined, ...["pid", "network", "ipc", "uts", "cgroup"].map((type) => ({ type }))],
    "/process/args": ["/probe", "stat", "/mnt/none"],
  });
  await runDetached(t, box);
  const hung = await stateOf(t, box);
  await until("it hangs", () => /^State:\s+[DS]/m.test(readFileSync(`/proc/${hung.pid}/status`, "utf8")));
  const began = Date.now();
  const outcome = await coffer(box, "delete", ["--force", box.tag]);
  t.true(Date.now() - began < 2 * endMs + slackMs, `${Date.now() - began} ms`);
  t.regex(outcome.stderr, /^coffer: .*\(E\w+\): .*file system.*\n$/);
  await deleted(t, pod, running);
  await deleted(t, box);
});
