// What a container with the right to trace, and without a user namespace, has of init. Of an `exec` that it catches before
// the program runs it has the socket to the launcher, which does not believe what is said there. Process 1 of `--init` has
// nothing of the plan. And the process that an `exec` makes has memory of its own.
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeBox, ok } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { runVerb, startVerb } from "../helpers/peers/runtimes.ts";
import { traceVerb } from "../helpers/trace/trace.ts";
import { attackedBy, attacking, deleted } from "./attacks.ts";

const rights = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SETPCAP", "SYS_PTRACE"];
const debugs: Patch = Object.fromEntries(
  ["bounding", "effective", "permitted"].map((set) => [
    `/process/capabilities/${set}`,
    rights.map((name) => `CAP_${name}`),
  ]),
);

/** The launcher awaits the fork, and then the execution: a message comes before or after that of the fork. */
const atOp = "op \\d+ (?:adopt|await-exec)";
const isRefused = new RegExp(`${atOp}.*protocol error \\(EPROTO\\)`);

/** What is forged, and the error of whoever calls `exec`. */
const forgeries: Readonly<Record<string, RegExp>> = {
  "exec-now": isRefused,
  // Whether the pid is that of a child of the launcher's or not: nobody looks at it.
  forked: isRefused,
  unknown: isRefused,
  launcher: isRefused,
  errno: /protocol error \(EPROTO\)/,
  short: isRefused,
  end: new RegExp(`init ended before its program ran at ${atOp}`),
};

async function forged(t: ExecutionContext, what: string, said: RegExp): Promise<void> {
  const box = attackedBy(t, ["forge", what], debugs);
  const running = await attacking(t, box);
  const isCaught = (): boolean => running.output().includes("forged");
  for (let n = 0; n < 100 && !(isCaught() && n > 4); n += 1) {
    const { exitCode, stderr } = await runVerb("coffer", box, "exec", [box.tag, "/probe", "echo", "x"]);
    if (exitCode === 0) continue;
    t.is(exitCode, 125, stderr.slice(0, 500));
    t.regex(stderr, said);
    t.is(stderr.trim().split("\n").length, 1);
  }
  t.true(isCaught(), "no process was caught");
  await deleted(t, box, running);
}

test("what is forged while a process joins is not believed", async (t) => {
  t.timeout(120_000);
  if (!(await needs(t, "root"))) return;
  await Promise.all(Object.entries(forgeries).map(([what, said]) => forged(t, what, said)));
});

// The init that forked takes its time to tell of it: who was forked can be seen before that. A launcher that believes what
// comes first takes the pid of whichever child of its own is named: here of none (ECHILD).
test("whose pid a launcher takes is told by the process that forked, and by no other", async (t) => {
  t.timeout(60_000);
  if (!(await needs(t, "root", "strace"))) return;
  const box = attackedBy(t, ["forge", "forked"], debugs);
  const running = await attacking(t, box);
  const prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=sendmsg:delay_enter=300000"];
  const { exitCode, stderr } = await runVerb("coffer", box, "exec", [box.tag, "/probe", "echo", "x"], { prefix });
  t.true(running.output().includes("forged"), "no process was caught");
  t.is(exitCode, 125, stderr.slice(0, 500));
  t.regex(stderr, /op \d+ adopt.*protocol error \(EPROTO\)/);
  await deleted(t, box, running);
});

test("process 1 of the runtime has nothing of the plan", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = attackedBy(t, ["look", "/none"], debugs);
  const running = startVerb("coffer", box, "run", ["--init", "--bundle", box.path, box.tag]);
  await running.saw("ready");
  await ok(t, box, "kill", [box.tag, "TERM"]);
  const { stdout } = await running.done;
  t.regex(stdout, / traced 0 root 0 memory 0 descriptor 0 /);
  await nothingLeft(t, box, box.before);
});

test("the process of an exec shares no memory with the one that made it, which is of the host", async (t) => {
  if (!(await needs(t, "root", "strace"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "signals", "1"] });
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag]);
  await running.saw("ready");
  const { init, outcome } = await traceVerb(box, "exec", [box.tag, "/probe", "echo", "x"]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  const forks = init.filter(({ line }) => /\bCLONE_PARENT\b/.test(line));
  t.is(forks.length, 1);
  for (const { line } of forks) t.notRegex(line, /CLONE_VM/);
  await ok(t, box, "kill", [box.tag, "TERM"]);
  t.is((await running.done).exitCode, 42);
  await nothingLeft(t, box, box.before);
});
