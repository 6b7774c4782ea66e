// Runs a cell: a command again and again, while names are exchanged or nothing else happens, and judges how it ended.
import type { ExecutionContext } from "ava";
import { tools } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import type { Field } from "./field.ts";
import { envOf, lossesOf } from "./field.ts";
import { record } from "./record.ts";
import type { Caller, Cell, Ended } from "./types.ts";

/** In `npm test` a few runs of a few cells; all of them nightly and where they are recorded. */
export const isWhole = process.env.COFFER_TESTS === "nightly" || process.env.COFFER_RECORD !== undefined;

/** How often a verb meets what does not change meanwhile. */
export const staticRuns = Number(process.env.COFFER_RUNS ?? 2);

/** One cell to run. */
export type Attack = {
  readonly attacker: string;
  readonly rights: string;
  readonly verb: string;
  readonly as: Caller;
  readonly runs: number;
  readonly argv: readonly string[];
  /** Two names to exchange meanwhile. */
  readonly race?: readonly [string, string];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The statuses of a verb that has done what it is for; 0 unless said. */
  readonly status?: number;
  /** What is wrong with a run that was right by its status, or with an error; undefined where nothing is. */
  readonly wrong?: (one: Ended) => string | undefined;
  /** What is right too. */
  readonly also?: (one: Ended) => boolean;
  /** There is nowhere to say what is wrong. */
  readonly mute?: true;
  /** It is not enough to say what is wrong: the verb has to do what it is for. */
  readonly works?: true;
  /** What an error has to name. */
  readonly names?: RegExp;
};

/** An error of coffer: one line, which says more than that there is one. */
const isClear = (text: string): boolean => /^coffer: [^\n]{8,}\n?$/.test(text);

function judge(
  runtime: RuntimeName,
  { status: right = 0, wrong, names, mute, works, also }: Attack,
  one: Ended,
): readonly [string, string | undefined] {
  const told = JSON.stringify(one.text);
  if (one.status === 200) return ["hung", `it did not end: ${told}`];
  const found = wrong?.(one);
  if (found !== undefined) return ["wrong", `${found}: ${told}`];
  if (one.status === right || also?.(one)) return ["right", undefined];
  if (runtime !== "coffer") return ["refused", undefined];
  if (works) return ["failed", `it does not work: ${told}`];
  if (mute) return ["refused", undefined];
  if (!isClear(one.text)) return ["unclear", `it ended with ${one.status} and no error of one line: ${told}`];
  if (names !== undefined && !names.test(one.text)) return ["unclear", `the error does not name ${names}: ${told}`];
  return ["refused", undefined];
}

async function run(field: Field, { argv, race, runs, cwd, env }: Attack): Promise<readonly Ended[]> {
  const words = [tools(), "race", ...(race ?? ["-", "-"]), `${runs}`, "900", "--", ...argv];
  const options = { env: { ...envOf(field), ...env }, timeoutMs: 960_000, ...(cwd === undefined ? {} : { cwd }) };
  const { exitCode, stdout, stderr } = await command(words, options);
  if (exitCode !== 0) throw new Error(`the race ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout).outcomes;
}

/** Runs a cell, records it, and tells what was lost. */
export async function attack(t: ExecutionContext, field: Field, what: Attack): Promise<readonly string[]> {
  const outcomes = await run(field, what);
  const results: Record<string, number> = {};
  const lost: string[] = [];
  for (const one of outcomes) {
    const [how, why] = judge(field.runtime, what, one);
    results[how] = (results[how] ?? 0) + one.count;
    if (why !== undefined) lost.push(why);
  }
  lost.push(
    ...lossesOf(
      field,
      outcomes.map(({ text }) => text),
    ),
  );
  const { attacker, rights, verb, as } = what;
  const runs = outcomes.reduce((sum, { count }) => sum + count, 0);
  const held = lost.length === 0;
  const cell: Cell = {
    attacker,
    rights,
    verb,
    as,
    runtime: field.runtime,
    runs,
    held,
    results,
    ...(held ? {} : { lost: lost.map((loss) => loss.slice(0, 300)) }),
  };
  if (field.build.nodeArguments === undefined) record(cell);
  t.log(`${field.runtime}: ${attacker}, ${verb}, ${as}: ${JSON.stringify(results)}`);
  return lost.map((loss) => `${attacker} × ${verb} × ${as}: ${loss}`);
}
