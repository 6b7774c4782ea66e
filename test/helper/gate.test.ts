// The gate: one start lets a container go, and nothing else does.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { command, pause, start, until } from "../helpers/command.ts";
import type { Snapshot } from "../helpers/leftovers.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { asUser, giveToUser } from "../helpers/user.ts";
import { protocolTools } from "./expect.ts";
import type { Launched } from "./launch.ts";
import { helper, launch, startLaunch, storePlan } from "./launch.ts";
import { createPlan, hostPlan, startPlan } from "./plans.ts";

const ENOENT = 2;
const ECONNREFUSED = 111;

type Created = {
  readonly bundle: Bundle;
  readonly before: Snapshot;
  readonly state: string;
  readonly pid: number;
  /** What the `process` file says. */
  readonly identity: string;
};

/** A container that waits at its gate; its program writes to `out` in its root. */
async function created(t: ExecutionContext, args = ["probe", "sleep", "0"]): Promise<Created | undefined> {
  if (!(await needs(t, "root"))) return undefined;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const state = join(bundle.base, "gate-state");
  mkdirSync(state, { mode: 0o700 });
  const options = { inputs: [`rootfs=${bundle.rootfs}`, `state=${state}`], words: [] };
  const words = ["launch", "--plan-fd", "3", "--report-fd", "4", ...options.inputs.flatMap((i) => ["--input", i])];
  // The container keeps stdio, so the launch is over when the helper is, not when the pipes end.
  const plan = storePlan(bundle, createPlan({ args, gate: true }));
  const line = 'exec "$@" 3<"$0" 4>/dev/null </dev/null >/dev/null 2>&1';
  const outcome = await command(["sh", "-c", line, plan, helper(), ...words]);
  t.is(outcome.exitCode, 0);
  const identity = readFileSync(join(state, "process"), "utf8");
  return { bundle, before, state, pid: Number(identity.split(" ")[0]), identity };
}

const alive = (pid: number): boolean => existsSync(`/proc/${pid}/fd`) && !/State:\s+Z/.test(statusOf(pid));

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "State:\tZ";
  }
}

const letGo = ({ bundle, state, identity }: Created, timeoutMs?: number): Promise<Launched> =>
  launch(bundle, startPlan(identity, timeoutMs), { inputs: [`state=${state}`] });

async function over(t: ExecutionContext, { bundle, before, pid }: Created): Promise<void> {
  await until("the container has ended", () => !alive(pid));
  await nothingLeft(t, bundle, before);
}

test.serial("created, then started once", async (t) => {
  const box = await created(t);
  if (box === undefined) return;
  t.deepEqual(readdirSync(box.state).sort(), ["gate", "process"]);
  t.true(alive(box.pid));
  const first = await letGo(box);
  t.deepEqual([first.exitCode, first.reports.map((r) => r.state)], [0, ["done"]]);
  t.deepEqual(readdirSync(box.state), ["process"]);
  await over(t, box);
});

test.serial("of several starts at the same time exactly one succeeds", async (t) => {
  const box = await created(t, ["probe", "sleep", "1"]);
  if (box === undefined) return;
  const starts = await Promise.all([1, 2, 3, 4].map(() => letGo(box)));
  t.is(starts.filter(({ exitCode }) => exitCode === 0).length, 1);
  for (const { exitCode, reports } of starts.filter((outcome) => outcome.exitCode !== 0)) {
    t.is(exitCode, 125);
    const [report] = reports;
    t.true(
      report?.code === "init-ended" || [ENOENT, ECONNREFUSED].includes(report?.errno ?? 0),
      JSON.stringify(report, String),
    );
  }
  await over(t, box);
});

test.serial("connections without go, and garbage, change nothing", async (t) => {
  const box = await created(t);
  if (box === undefined) return;
  for (const size of ["0", "1", "39", "40", "41", "4096"]) {
    const outcome = await command([protocolTools(), "gate", box.state, size]);
    t.is(outcome.exitCode, 0);
  }
  const idle = start([protocolTools(), "gate", box.state, "idle"], { keepStdin: true });
  await idle.saw("connected");
  const first = await letGo(box, 5000);
  t.deepEqual([first.exitCode, first.reports[0]?.state], [0, "done"], "while another connection says nothing");
  process.kill(idle.pid, "SIGKILL");
  await idle.done;
  await over(t, box);
});

test.serial("where pages are larger than 4096 bytes init gives back none of its own, and goes on", async (t) => {
  const box = await created(t);
  if (box === undefined || !(await needs(t, "strace"))) return;
  // When it has been asked in vain init waits again: its second call asks about the size of a page.
  const inject = ["-e", "trace=mprotect", "-e", "inject=mprotect:error=EINVAL:when=2+"];
  const tracer = start(["strace", "-p", `${box.pid}`, ...inject]);
  await tracer.saw("attached");
  t.is((await command([protocolTools(), "gate", box.state, "0"])).exitCode, 0);
  await tracer.saw("(INJECTED)");
  t.is((await letGo(box)).exitCode, 0);
  await tracer.done;
  const [last, ...asked] = tracer.output().match(/^mprotect.*$/gm) ?? [];
  t.regex(last ?? "", /PROT_READ\|PROT_EXEC\) = 0$/);
  t.true(asked.length > 0);
  for (const call of asked) t.regex(call, /^mprotect\(0x[0-9a-f]+, \d+, PROT_READ\) .*INJECTED/);
  await over(t, box);
});

test.serial("a start that is killed right after it has said go does not end the container", async (t) => {
  const box = await created(t, ["probe", "sleep", "1000"]);
  if (box === undefined || !(await needs(t, "strace"))) return;
  // The first wait is for init's answer. A word that comes after init's look is not heard, and is said again.
  const inject = ["-e", "trace=ppoll", "-e", "inject=ppoll:signal=KILL:when=1"];
  const prefix = ["strace", "-o", "/dev/null", ...inject];
  const runs = (): boolean => readFileSync(`/proc/${box.pid}/cmdline`, "utf8").startsWith("probe");
  for (let tries = 0; tries < 20 && !runs(); tries += 1) {
    const inputs = [`state=${box.state}`];
    const killed = await startLaunch(box.bundle, startPlan(box.identity), { prefix, inputs, input: "" }).done;
    t.not(killed.exitCode, 0);
    await until("its program runs", runs, 500).catch(() => {});
  }
  t.true(runs(), "its program runs");
  t.true(existsSync(join(box.state, "gate")), "which nobody waits at any more");
  const second = await letGo(box, 1000);
  t.deepEqual([second.exitCode, second.reports[0]?.errno], [125, ECONNREFUSED]);
  process.kill(box.pid, "SIGKILL");
  await over(t, box);
});

test.serial("a start that is killed before it says go changes nothing", async (t) => {
  const box = await created(t);
  if (box === undefined || !(await needs(t, "strace"))) return;
  const inject = ["-e", "trace=sendmsg", "-e", "inject=sendmsg:signal=KILL:when=1:error=EINTR"];
  const prefix = ["strace", "-o", "/dev/null", ...inject];
  const killed = await startLaunch(box.bundle, startPlan(box.identity), {
    prefix,
    inputs: [`state=${box.state}`],
    input: "",
  }).done;
  t.not(killed.exitCode, 0);
  await pause(50);
  t.true(alive(box.pid));
  t.true(existsSync(join(box.state, "gate")));
  t.is((await letGo(box)).exitCode, 0);
  await over(t, box);
});

test.serial("a container that was killed at its gate is not started", async (t) => {
  const box = await created(t);
  if (box === undefined) return;
  process.kill(box.pid, "SIGKILL");
  await until("it has ended", () => !alive(box.pid));
  const outcome = await letGo(box);
  t.is(outcome.exitCode, 125);
  t.is(outcome.reports[0]?.state, "failed");
  await over(t, box);
});

test.serial("a program that is not there any more is reported by start, with init's op", async (t) => {
  const box = await created(t);
  if (box === undefined) return;
  await command(["rm", join(box.bundle.rootfs, "probe")]);
  const outcome = await letGo(box);
  const [report] = outcome.reports;
  t.deepEqual([outcome.exitCode, report?.code, report?.errno, report?.phase], [125, "call-failed", ENOENT, "exec"]);
  t.is(report?.op, createPlan({ args: [], gate: true }).ops.length - 1);
  await over(t, box);
});

test.serial("a launch that fails takes its gate away", async (t) => {
  if (!(await needs(t, "root"))) return;
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const state = join(bundle.base, "gate-state");
  mkdirSync(state, { mode: 0o700 });
  const plan = createPlan({ args: ["probe"], candidates: ["/none"], gate: true });
  const outcome = await launch(bundle, plan, { inputs: [`rootfs=${bundle.rootfs}`, `state=${state}`] });
  t.is(outcome.reports[0]?.code, "no-program");
  t.deepEqual(readdirSync(state), []);
  await nothingLeft(t, bundle, before);
});

test.serial("its socket is made for a caller whose working directory is not open to it", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const bundle = makeBundle(t);
  giveToUser(bundle);
  const closed = mkdtempSync(join(tmpdir(), "cft-closed-"));
  t.teardown(() => rmdirSync(closed));
  const prefix = ["sh", "-c", 'cd "$0" && exec "$@"', closed, ...asUser];
  const plan = hostPlan(
    [{ name: "state", type: "dir" }],
    [{ op: "make-gate", phase: "host", state: "state", out: "gate" }],
  );
  const { reports } = await launch(bundle, plan, { inputs: [`state=${bundle.base}`], prefix });
  t.deepEqual(
    reports.map(({ state, errno }) => [state, errno]),
    [["done", 0]],
  );
});
