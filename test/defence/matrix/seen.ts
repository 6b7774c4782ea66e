// What is seen in a run: the words in which attempts are written.
import type { Outcome } from "../../helpers/command.ts";
import type { ProbeFacts } from "../../helpers/facts.ts";
import { parseFacts } from "../../helpers/facts.ts";
import type { RunOptions } from "../../helpers/peers/runtimes.ts";
import type { Attempt, Seen, Stage } from "./types.ts";

/** Waits until something holds, for ten seconds at most; says whether it does. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  return holds();
}

/** What failed; undefined when all holds. */
type Complaint = string | undefined;

/** The first line of what a runtime said; how it ended if it said nothing. */
export const firstLine = ({ stdout, stderr, exitCode, signal }: Outcome): string =>
  (stderr.trim() === "" ? stdout : stderr).trim().split("\n")[0]?.slice(0, 160) || `silent: ${signal ?? exitCode}`;

/** A refusal that is one: it came by itself, by no signal. */
export function refusal(outcome: Outcome): Seen {
  if (outcome.signal !== null) return { failed: `ended by ${outcome.signal}: it hung or crashed` };
  const { exitCode } = outcome;
  const isSignal = exitCode !== null && exitCode > 128 && exitCode < 192;
  return isSignal ? { failed: `crashed: ${firstLine(outcome)}` } : { refused: firstLine(outcome) };
}

const verdict = (complaint: Complaint): Seen => (complaint === undefined ? "ran" : { failed: complaint });

/** It runs, and then something holds of its output; or it is refused. */
export const outputHolds =
  (holds: (stdout: string, stage: Stage) => Complaint, options: RunOptions = {}): Attempt["observe"] =>
  async (stage) => {
    const prefix = options.prefix?.map((word) => word.replace("$BASE", stage.bundle.base)) ?? [];
    const outcome = await stage.run({ ...options, prefix });
    // The probe says `errno …` and fails where what it has tried failed: the container ran.
    const ran = outcome.exitCode === 0 || /^errno \d/m.test(outcome.stdout);
    return ran ? verdict(holds(outcome.stdout, stage)) : refusal(outcome);
  };

/** Nothing of the host has changed: that is all that is asked. */
export const hostIsSame: Attempt["observe"] = outputHolds(() => undefined);

/** It runs the probe's `facts`, and then something holds of them; or it is refused. */
export const factsHold = (holds: (facts: ProbeFacts) => Complaint, options: RunOptions = {}): Attempt["observe"] =>
  outputHolds((stdout) => holds(parseFacts(stdout)), options);

/** It must not run at all. */
export const isRefused =
  (options: RunOptions = {}): Attempt["observe"] =>
  async (stage) => {
    const outcome = await stage.run(options);
    if (outcome.exitCode === 0) return { failed: "it runs" };
    return refusal(outcome);
  };

/** The container runs detached, and the row goes on from there. */
export const whileRunning =
  (observe: (stage: Stage) => Promise<Complaint>): Attempt["observe"] =>
  async (stage) => {
    const outcome = await stage.verb("run", ["--detach", "--bundle", stage.bundle.path, stage.bundle.tag]);
    if (outcome.exitCode !== 0) return refusal(outcome);
    return verdict(await observe(stage));
  };

/** The container is created and waits for its start; the row looks at its first process. */
export const whileCreated =
  (observe: (pid: number, stage: Stage) => Complaint | Promise<Complaint>): Attempt["observe"] =>
  async (stage) => {
    const outcome = await stage.verb("create", ["--bundle", stage.bundle.path, stage.bundle.tag]);
    if (outcome.exitCode !== 0) return refusal(outcome);
    return verdict(await observe(await stage.pid(), stage));
  };

/** The facts that `exec` gives, or the outcome that has none. */
export async function execFacts(stage: Stage, ...flags: readonly string[]): Promise<ProbeFacts | Outcome> {
  const outcome = await stage.verb("exec", [...flags, stage.bundle.tag, "/probe", "facts"]);
  return outcome.exitCode === 0 ? parseFacts(outcome.stdout) : outcome;
}
