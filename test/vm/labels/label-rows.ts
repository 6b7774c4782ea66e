// Tables of what labels do, in one guest: launches with what has to come of them, and scripts with what they print.
import type { Patch } from "../../helpers/json.ts";
import type { ScriptRow, ScriptTable } from "../batch/batch-rows.ts";
import { control, prints, testScripts } from "../batch/batch-rows.ts";
import type { LaunchOptions } from "./label-setup.ts";
import { launch, outcomeOf, planOf } from "./label-setup.ts";

/** What is launched in the guest: a config, how, and what has to come of it. */
export type LabelRow = readonly [patch: Patch, options: LaunchOptions, expected: string | RegExp];

/** A script of the guest, and what it has to print. */
export type LabelScript = readonly [script: string, expected: string];

export interface LabelTables extends Omit<ScriptTable, "rows"> {
  readonly rows: Readonly<Record<string, LabelRow>>;
  readonly scripts: Readonly<Record<string, LabelScript>>;
  /** What peers print, for comparison. */
  readonly controls: Readonly<Record<string, LabelScript>>;
}

const launchRow = ([patch, options, expected]: LabelRow): ScriptRow => ({
  script: launch(patch, options),
  check(t, { stdout, stderr }) {
    const { text, error } = outcomeOf(planOf(patch, options), stdout);
    if (typeof expected === "string") t.deepEqual({ text, error }, { text: expected, error: undefined }, stderr);
    else t.regex(error ?? text, expected, stderr);
  },
});

/** Declares a test for every row and script. */
export function testLabels({ rows, scripts, controls, ...rest }: LabelTables): void {
  const all: readonly (readonly [string, ScriptRow])[] = [
    ...Object.entries(rows).map(([title, row]) => [title, launchRow(row)] as const),
    ...Object.entries(scripts).map(([title, script]) => [title, prints(...script)] as const),
    ...Object.entries(controls).map(([title, script]) => [title, control(prints(...script))] as const),
  ];
  testScripts({ ...rest, rows: Object.fromEntries(all) });
}
