// A row is a script for the shell and what it prints. Each runs with every runtime in the same place.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { repository } from "../helpers/build.ts";
import type { ClientRuntime, Place, ScriptOptions } from "./place.ts";
import { clientRuntimes } from "./place.ts";

/** What is done, and what it prints: the whole of it, or a part that matches. */
export type Row = {
  readonly title: string;
  readonly script: string;
  readonly prints: string | RegExp;
  /** What coffer does not do yet: the row has to fail with it, and is worth a look when it does not. */
  readonly gap?: string;
};

export type Engine = {
  readonly name: string;
  /** What the scripts are preceded by. */
  readonly prelude: (runtime: ClientRuntime) => string;
  /** Ends what a row has left. */
  readonly cleanUp: string;
  readonly options?: ScriptOptions;
};

type Result = { readonly passed: boolean; readonly told: string; readonly ms: number };
type Line = { readonly title: string; readonly results: Readonly<Record<ClientRuntime, Result>> };

function matches({ prints }: Row, stdout: string): boolean {
  return typeof prints === "string" ? stdout === prints : prints.test(stdout);
}

async function runRow(place: Place, engine: Engine, row: Row, runtime: ClientRuntime): Promise<Result> {
  const prelude = engine.prelude(runtime);
  const started = Date.now();
  const { stdout, stderr, exitCode } = await place.sh(`${prelude}\n${row.script}`, engine.options);
  const ms = Date.now() - started;
  await place.sh(`${prelude}\n${engine.cleanUp}`, engine.options);
  const passed = matches(row, stdout);
  return { passed, told: `${JSON.stringify(stdout)} (${exitCode ?? "killed"}) ${stderr.trim()}`, ms };
}

function report({ name }: Engine, lines: readonly Line[]): string {
  const cell = (text: string): string => text.padEnd(14);
  const head = `${name.padEnd(34)}${clientRuntimes.map(cell).join("")}`;
  const rows = lines.map(({ title, results }) => {
    const cells = clientRuntimes.map((runtime) => {
      const { passed, ms } = results[runtime];
      return cell(`${passed ? "pass" : "FAIL"} ${ms} ms`);
    });
    return `${title.padEnd(34)}${cells.join("")}`.trimEnd();
  });
  const sums = clientRuntimes.map((runtime) => {
    const passed = lines.filter(({ results }) => results[runtime].passed).length;
    return cell(`${passed} of ${lines.length}`);
  });
  return `${[head.trimEnd(), ...rows, `${"passed".padEnd(34)}${sums.join("")}`.trimEnd()].join("\n")}\n`;
}

/** Judges a row: coffer must do what either of the others does. Gives what is wrong. */
function judge(t: ExecutionContext, { title, gap }: Row, { runc, crun, coffer }: Line["results"]): readonly string[] {
  const canWork = runc.passed || crun.passed;
  if (!canWork) t.log(`${title}: the machine or the engine: runc ${runc.told}; crun ${crun.told}`);
  if (gap !== undefined) return coffer.passed ? [`${title}: works now, so take it off the gaps (${gap})`] : [];
  return canWork && !coffer.passed ? [`${title}: ${coffer.told}`] : [];
}

/** Runs every row with every runtime, judges them, and writes the table to test/.cache. */
export async function runRows(t: ExecutionContext, place: Place, engine: Engine, rows: readonly Row[]): Promise<void> {
  const only = process.env.CLIENT_ROWS;
  const chosen = only === undefined ? rows : rows.filter(({ title }) => title.includes(only));
  const lines: Line[] = [];
  const faults: string[] = [];
  for (const row of chosen) {
    const results = {
      runc: await runRow(place, engine, row, "runc"),
      crun: await runRow(place, engine, row, "crun"),
      coffer: await runRow(place, engine, row, "coffer"),
    };
    lines.push({ title: row.title, results });
    faults.push(...judge(t, row, results));
  }
  const text = report(engine, lines);
  const directory = join(repository, "test/.cache/clients");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${engine.name.replaceAll(" ", "-")}.txt`), text);
  t.log(`\n${text}`);
  t.deepEqual(faults, []);
}
