// A row is a script for the shell and what it prints, and runs with coffer. A row that fails with coffer runs with runc and
// crun too: they tell a fault of the engine or the machine from ours. UPDATE_PEERS=1 runs each row with every runtime, side
// by side in places that are made alike, as what an engine waits for is most of its time.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { repository } from "../helpers/build.ts";
import { isPeersUpdate } from "../helpers/peers/peer-record.ts";
import { ofToday } from "../helpers/runner/daily.ts";
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
/** The results that there are of a row. */
type Line = { readonly row: Row; readonly results: ReadonlyMap<ClientRuntime, Result> };

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

function report(name: string, lines: readonly Line[]): string {
  const cell = (text: string): string => text.padEnd(14);
  const width = Math.max(...lines.map(({ row }) => row.title.length)) + 2;
  const head = `${name.padEnd(width)}${clientRuntimes.map(cell).join("")}`;
  const rows = lines.map(({ row, results }) => {
    const cells = clientRuntimes.map((runtime) => {
      const result = results.get(runtime);
      return cell(result === undefined ? "-" : `${result.passed ? "pass" : "FAIL"} ${result.ms} ms`);
    });
    return `${row.title.padEnd(width)}${cells.join("")}`.trimEnd();
  });
  const sums = clientRuntimes.map((runtime) => {
    const known = lines.flatMap(({ results }) => results.get(runtime) ?? []);
    return cell(`${known.filter(({ passed }) => passed).length} of ${known.length}`);
  });
  return `${[head.trimEnd(), ...rows, `${"passed".padEnd(width)}${sums.join("")}`.trimEnd()].join("\n")}\n`;
}

/** Judges a row: coffer must do what either of the others does. Gives what is wrong. */
function judge(t: ExecutionContext, { row: { title, gap }, results }: Line): readonly string[] {
  const coffer = results.get("coffer");
  if (coffer?.passed === true)
    return gap === undefined ? [] : [`${title}: works now, so take it off the gaps (${gap})`];
  const peers = (["runc", "crun"] as const).map((name) => ({ name, result: results.get(name) }));
  const canWork = peers.some(({ result }) => result?.passed === true);
  if (!canWork)
    t.log(
      `${title}: the machine or the engine: ${peers.map(({ name, result }) => `${name} ${result?.told}`).join("; ")}`,
    );
  return canWork && gap === undefined ? [`${title}: ${coffer?.told}`] : [];
}

/** Runs every row whose turn it is, judges it, and writes the table to test/.cache. */
export async function runRows(t: ExecutionContext, { name, start }: EngineKind, rows: readonly Row[]): Promise<void> {
  const only = process.env.CLIENT_ROWS;
  const chosen = only === undefined ? ofToday(rows, 6) : rows.filter(({ title }) => title.includes(only));
  const results = new Map<Row, Map<ClientRuntime, Result>>(chosen.map((row) => [row, new Map()]));
  const all = async (runtime: ClientRuntime, of: readonly Row[]): Promise<void> => {
    if (of.length === 0) return;
    const engine = await start(t, runtime);
    for (const row of of) results.get(row)?.set(runtime, await runRow(engine, row));
  };
  const peers = (of: readonly Row[]): Promise<unknown> => Promise.all([all("runc", of), all("crun", of)]);
  if (isPeersUpdate) await Promise.all([all("coffer", chosen), peers(chosen)]);
  else {
    await all("coffer", chosen);
    await peers(chosen.filter((row) => row.gap === undefined && results.get(row)?.get("coffer")?.passed !== true));
  }
  const lines = chosen.map((row): Line => ({ row, results: results.get(row) ?? new Map() }));
  const text = report(name, lines);
  const directory = join(repository, "test/.cache/clients");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name.replaceAll(" ", "-")}.txt`), text);
  t.log(`\n${text}`);
  t.deepEqual(
    lines.flatMap((line) => judge(t, line)),
    [],
  );
}
