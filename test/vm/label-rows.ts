// Tables of what labels do, in one guest: launches with what has to come of them, and scripts with what they print.
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Patch } from "../helpers/json.ts";
import type { CaseResult, RunGuest } from "./batch.ts";
import { runBatch } from "./batch.ts";
import type { LaunchOptions } from "./label-setup.ts";
import { launch, outcomeOf, planOf } from "./label-setup.ts";
import { missing, needsGuest } from "./needs.ts";

/** What is launched in the guest: a config, how, and what has to come of it. */
export type LabelRow = readonly [patch: Patch, options: LaunchOptions, expected: string | RegExp];

/** A script of the guest, and what it has to print. */
export type LabelScript = readonly [script: string, expected: string];

export interface LabelTables {
  readonly guest: Parameters<typeof missing>[0];
  /** Run once in the guest, before everything. */
  readonly setup: () => string;
  readonly rows: Readonly<Record<string, LabelRow>>;
  readonly scripts: Readonly<Record<string, LabelScript>>;
  /** The guest, where it is not the resumed Debian. */
  readonly run?: RunGuest;
}

/** Declares a test for every row and script. */
export function testLabels({ guest: kind, setup, rows, scripts, run }: LabelTables): void {
  let results: ReadonlyMap<string, CaseResult> = new Map();
  let guest = "";

  test.before("the batch", async (t) => {
    t.timeout(900_000);
    if (missing(kind) !== undefined) return;
    const launches = Object.values(rows).map(([patch, options], index) => [`row-${index}`, launch(patch, options)]);
    const others = Object.values(scripts).map(([script], index) => [`script-${index}`, script]);
    ({ results, guest } = await runBatch(setup(), Object.fromEntries([...launches, ...others]), 400, run));
  });

  const resultOf = (t: ExecutionContext, name: string): CaseResult | undefined => {
    if (!needsGuest(t, kind)) return undefined;
    const result = results.get(name);
    if (result === undefined) t.fail(`the guest told nothing of this: ${guest.slice(-3000)}`);
    return result;
  };

  for (const [index, [title, [patch, options, expected]]] of Object.entries(rows).entries()) {
    test(title, (t) => {
      const result = resultOf(t, `row-${index}`);
      if (result === undefined) return;
      const { text, error } = outcomeOf(planOf(patch, options), result.stdout);
      if (typeof expected === "string") {
        t.deepEqual({ text, error }, { text: expected, error: undefined }, result.stderr);
      } else t.regex(error ?? text, expected, result.stderr);
    });
  }

  for (const [index, [title, [, expected]]] of Object.entries(scripts).entries()) {
    test(title, (t) => {
      const result = resultOf(t, `script-${index}`);
      if (result !== undefined) t.is(result.stdout, expected, result.stderr);
    });
  }
}
