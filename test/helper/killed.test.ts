// The launcher is killed at each of its kernel calls, and each call fails once: a launch ends, and leaves nothing.
import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { launch } from "./launch.ts";
import { createPlan } from "./plans.ts";

const plans = {
  "a vfork-style clone": createPlan({ args: ["probe", "exit", "7"] }),
  "a user namespace": createPlan({ args: ["probe", "exit", "7"], userns: true }),
} as const;

type Injection = {
  readonly what: string;
  /** Into init as well. */
  readonly both?: true;
  readonly words: (call: string, when: number) => string;
};

const injections: readonly Injection[] = [
  { what: "killed at", words: (call, when) => `inject=${call}:signal=KILL:when=${when}` },
  { what: "an error from", words: (call, when) => `inject=${call}:error=EIO:when=${when}` },
  { what: "an error in init from", both: true, words: (call, when) => `inject=${call}:error=EIO:when=${when}` },
];

/** A close that did not happen and an exit that failed are no case of the kernel's; 64 times the same is enough once. */
const unreal: ReadonlySet<string> = new Set(["close", "exit_group", "rt_sigaction", "execve", "madvise"]);

/** A line of strace: the process where there are several, the call, its arguments. */
const line = /^(?:(\d+) +)?(\w+)\((.*)$/gm;

/** Which calls a launch makes, each with how often one process makes it. */
async function callsOf(
  t: ExecutionContext,
  plan: Plan,
  both: boolean,
): Promise<readonly (readonly [string, number])[]> {
  const bundle = makeBundle(t);
  const file = `${bundle.base}/strace`;
  const prefix = ["strace", ...(both ? ["-f"] : []), "-qq", "-o", file];
  t.is((await launch(bundle, plan, { prefix })).exitCode, 7);
  const counts = new Map<string, number>();
  const programs = new Set<string>();
  for (const [, process = "", name = "", argument = ""] of readFileSync(file, "utf8").matchAll(line)) {
    if (name === "execve" && argument.startsWith('"/probe"')) programs.add(process);
    if (programs.has(process)) continue; // the container's own
    const key = `${process} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = new Map<string, number>();
  for (const [key, count] of counts) {
    const [, name = ""] = key.split(" ");
    if (!unreal.has(name)) most.set(name, Math.max(count, most.get(name) ?? 0));
  }
  return [...most];
}

/** Launches with one call hit. */
async function hit(t: ExecutionContext, plan: Plan, injection: Injection, call: string, when: number): Promise<void> {
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  const follow = injection.both ? ["-f"] : [];
  const prefix = ["strace", ...follow, "-o", `${bundle.base}/strace`, "-e", injection.words(call, when)];
  const outcome = await launch(bundle, plan, { prefix, timeoutMs: 10_000 });
  await nothingLeft(t, bundle, before);
  const states = outcome.reports.map((report) => report.state);
  const how = `${injection.what} ${call} ${when}: exit ${outcome.exitCode} ${outcome.signal}, ${states}`;
  t.true(outcome.seconds < 9, how);
  if (call === "write") return; // the report itself
  if (outcome.exitCode === 7) t.true(states.length === 0 || states.includes("exited"), how);
  else if (outcome.exitCode === 125) t.true(states.length === 0 || states.at(-1) === "failed", how);
  else t.not(outcome.exitCode, 0, how);
}

for (const injection of injections)
  for (const [name, plan] of Object.entries(plans))
    test.serial(`${injection.what} each call, with ${name}`, async (t) => {
      t.timeout(300_000);
      if (!(await needs(t, "root", "strace"))) return;
      for (const [call, count] of await callsOf(t, plan, injection.both === true))
        for (let when = 1; when <= count; when += 1) await hit(t, plan, injection, call, when);
    });
