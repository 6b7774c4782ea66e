// A row is a script for the shell and what it prints. Each runs with every runtime, in places that are made alike. The
// runtimes go side by side: what an engine waits for is most of its time.
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

/** An engine that runs with one of the runtimes in a place of its own. */
export type Engine = {
  readonly place: Place;
  /** What the scripts are preceded by. */
  readonly prelude: string;
  /** In a script that leaves something. */
  readonly leaves: RegExp;
  /** Ends what a row has left. */
  readonly cleanUp: string;
  readonly options?: ScriptOptions;
};

/** How an engine is started: its name in the table, and what makes it. */
export type EngineKind = {
  readonly name: string;
  readonly start: (t: ExecutionContext, runtime: ClientRuntime) => Promise<Engine>;
};

/** Waits until a command succeeds; fails after 30 seconds at the least. */
export const awaits = (condition: string): string =>
  `{ tries=0; until ${condition}; do tries=$((tries + 1)); test $tries -lt 300 || break; sleep 0.1; done; test $tries -lt 300; }`;

/**
 * `seen ctr task exec …`: whose program ends when its input does, which is when its output has come. ctr loses that of a
 * program which has ended before ctr has seen its end of the pipe open: 2 of 400 with a runc that returns 0.2 s later.
 */
export const seen = `seen() {
	rm -f $BASE/seen $BASE/ended
	until [ -s $BASE/seen ] || [ -e $BASE/ended ]; do sleep 0.1; done | { "$@" >$BASE/seen; status=$?; : >$BASE/ended; exit $status; }
	status=$?; cat $BASE/seen; return $status
}`;

/** Counts in the file /count. */
export const counter = "sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; mv /n /count; sleep 0.1; done'";

/** Waits until what `read` prints of a counter is beyond a number. */
export const counts = (read: string, beyond: string): string =>
  awaits(`test "$(${read} 2>/dev/null || echo 0)" -gt ${beyond}`);

type Result = { readonly passed: boolean; readonly told: string; readonly ms: number };
type Line = { readonly row: Row; readonly results: Readonly<Record<ClientRuntime, Result>> };

function matches({ prints }: Row, stdout: string): boolean {
  return typeof prints === "string" ? stdout === prints : prints.test(stdout);
}

async function runRow({ place, prelude, leaves, cleanUp, options }: Engine, row: Row): Promise<Result> {
  const started = Date.now();
  const { stdout, stderr, exitCode } = await place.sh(`${prelude}\n${row.script}`, options);
  const ms = Date.now() - started;
  const passed = matches(row, stdout);
  if (!passed || leaves.test(row.script)) await place.sh(`${prelude}\n${cleanUp}`, options);
  return { passed, told: `${JSON.stringify(stdout)} (${exitCode ?? "killed"}) ${stderr.trim()}`, ms };
}

/** Runs the rows with one runtime, one after the other. */
async function runAll(engine: Engine, rows: readonly Row[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const row of rows) results.push(await runRow(engine, row));
  return results;
}

function report(name: string, lines: readonly Line[]): string {
  const cell = (text: string): string => text.padEnd(14);
  const width = Math.max(...lines.map(({ row }) => row.title.length)) + 2;
  const head = `${name.padEnd(width)}${clientRuntimes.map(cell).join("")}`;
  const rows = lines.map(({ row, results }) => {
    const cells = clientRuntimes.map((runtime) => {
      const { passed, ms } = results[runtime];
      return cell(`${passed ? "pass" : "FAIL"} ${ms} ms`);
    });
    return `${row.title.padEnd(width)}${cells.join("")}`.trimEnd();
  });
  const sums = clientRuntimes.map((runtime) => {
    const passed = lines.filter(({ results }) => results[runtime].passed).length;
    return cell(`${passed} of ${lines.length}`);
  });
  return `${[head.trimEnd(), ...rows, `${"passed".padEnd(width)}${sums.join("")}`.trimEnd()].join("\n")}\n`;
}

/** Judges a row: coffer must do what either of the others does. Gives what is wrong. */
function judge(t: ExecutionContext, { title, gap }: Row, { runc, crun, coffer }: Line["results"]): readonly string[] {
  const canWork = runc.passed || crun.passed;
  if (!canWork) t.log(`${title}: the machine or the engine: runc ${runc.told}; crun ${crun.told}`);
  if (gap !== undefined) return coffer.passed ? [`${title}: works now, so take it off the gaps (${gap})`] : [];
  return canWork && !coffer.passed ? [`${title}: ${coffer.told}`] : [];
}

/** Runs every row with every runtime, judges them, and writes the table to test/.cache. */
export async function runRows(t: ExecutionContext, { name, start }: EngineKind, rows: readonly Row[]): Promise<void> {
  const only = process.env.CLIENT_ROWS;
  const chosen = only === undefined ? rows : rows.filter(({ title }) => title.includes(only));
  const all = async (runtime: ClientRuntime): Promise<readonly Result[]> => runAll(await start(t, runtime), chosen);
  const [runc, crun, coffer] = await Promise.all([all("runc"), all("crun"), all("coffer")]);
  const lines = chosen.flatMap((row, index) => {
    const [a, b, c] = [runc[index], crun[index], coffer[index]];
    return a && b && c ? [{ row, results: { runc: a, crun: b, coffer: c } }] : [];
  });
  const text = report(name, lines);
  const directory = join(repository, "test/.cache/clients");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name.replaceAll(" ", "-")}.txt`), text);
  t.log(`\n${text}`);
  t.deepEqual(
    lines.flatMap(({ row, results }) => judge(t, row, results)),
    [],
  );
}
