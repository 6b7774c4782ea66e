// Recorded runs: what was seen, when and where. `UPDATE_DEFENCE=1` writes them; otherwise a run is compared with them.
import { mkdirSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { command } from "../../helpers/command.ts";
import { renderDefence } from "./document.ts";
import { documentPath, readRecorded, recordedFolder } from "./recorded.ts";
import type { Recorded, Result, RuntimeName, Seen, Verdict } from "./types.ts";
import { runtimeNames } from "./types.ts";

/** Whether this run is to be recorded. */
export const isUpdate = process.env.UPDATE_DEFENCE === "1";

async function versionOf(name: RuntimeName): Promise<string> {
  if (name === "coffer") return "this checkout";
  const { stdout } = await command([name, "--version"]);
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

async function versions(): Promise<Record<RuntimeName, string>> {
  const [coffer = "", runc = "", crun = ""] = await Promise.all(runtimeNames.map(versionOf));
  return { coffer, runc, crun };
}

/** What it means, what a runtime was seen to do. */
export function verdictOf(one: Seen | { readonly without: string }): Verdict {
  return typeof one === "string" || "refused" in one ? "held" : "failed" in one ? "fails" : "n/a";
}

/** What a row's result is, from what was seen under each runtime. */
export function toResult(seen: Readonly<Record<RuntimeName, Seen | { readonly without: string }>>): Result {
  const note = (one: Seen | { readonly without: string }): string =>
    typeof one === "string"
      ? one
      : Object.entries(one)
          .map(([how, words]) => (how === "refused" ? `refused: ${words}` : words))
          .join();
  const { coffer, runc, crun } = seen;
  return {
    verdicts: { coffer: verdictOf(coffer), runc: verdictOf(runc), crun: verdictOf(crun) },
    notes: { coffer: note(coffer), runc: note(runc), crun: note(crun) },
  };
}

/** What a control does in a race is chance; coffer must hold in each. */
const byChance = new Set(["races"]);

/** Another machine's controls may do otherwise: they are compared where kernel and versions are those recorded. */
async function comparable(recorded: Recorded): Promise<readonly RuntimeName[]> {
  const now = await versions();
  const sameKernel = recorded.kernel === release();
  return runtimeNames.filter((name) => name === "coffer" || (sameKernel && recorded.versions[name] === now[name]));
}

interface Difference {
  readonly id: string;
  readonly name: RuntimeName;
  readonly old: Verdict | undefined;
  readonly text: string;
}

function differences(recorded: Recorded, rows: Recorded["rows"], names: readonly RuntimeName[]): readonly Difference[] {
  return Object.entries(rows).flatMap(([id, { verdicts, notes }]) =>
    names.flatMap((name) => {
      const [old, now] = [recorded.rows[id]?.verdicts[name], verdicts[name]];
      const text = `${id}, ${name}: recorded ${old ?? "not"}, now ${now} (${notes[name] ?? ""})`;
      return old === now ? [] : [{ id, name, old, text }];
    }),
  );
}

/** Puts one runtime through one row once more. */
export type Again = (id: string, name: RuntimeName) => Promise<Verdict>;

/** How often a control is tried again that does otherwise than recorded. */
const triedAgain = 4;

/** What stays of the differences: under load a control's outcome can be chance, so it is tried again; coffer's is not. */
async function standing(found: readonly Difference[], again?: Again): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { id, name, old, text } of found) {
    let now: Verdict | undefined;
    const tries = name === "coffer" ? 0 : triedAgain;
    for (let more = tries; more > 0 && now !== old; more--) now = await again?.(id, name);
    if (tries === 0 || now !== old) left.push(text);
  }
  return left;
}

/** The recorded rows with those of this run in their place, in the order of the catalogue. */
function merged(old: Recorded["rows"], rows: Recorded["rows"], order: readonly string[]): Recorded["rows"] {
  const known = { ...old, ...rows };
  return Object.fromEntries(
    order.flatMap((id) => {
      const result = known[id];
      return result === undefined ? [] : [[id, result] as const];
    }),
  );
}

/**
 * Compares what a run has seen with what is recorded, or records it and writes the document. `order` are all rows that
 * there can be; a run of a part of them (`-m`) concerns that part. `again` is asked of a control that does otherwise.
 */
export async function settle(
  t: ExecutionContext,
  name: string,
  rows: Recorded["rows"],
  order: readonly string[],
  again?: Again,
): Promise<void> {
  const recorded = readRecorded(name);
  if (isUpdate) {
    const date = new Date().toISOString().slice(0, 10);
    const all = merged(recorded?.rows ?? {}, rows, order);
    const next: Recorded = { date, kernel: release(), versions: await versions(), rows: all };
    mkdirSync(recordedFolder, { recursive: true });
    writeFileSync(join(recordedFolder, `${name}.json`), `${JSON.stringify(next, null, 2)}\n`);
    writeFileSync(documentPath, renderDefence());
    t.pass();
    return;
  }
  if (recorded === undefined) return void t.fail("no run is recorded: UPDATE_DEFENCE=1 npx ava test/defence");
  const names = byChance.has(name) ? (["coffer"] as const) : await comparable(recorded);
  if (!byChance.has(name) && names.length < runtimeNames.length)
    t.log("another kernel or other versions than recorded: controls not compared");
  t.deepEqual(await standing(differences(recorded, rows, names), again), []);
}
