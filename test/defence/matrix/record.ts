// Recorded runs: what was seen, when and where. `UPDATE_DEFENCE=1` writes them; otherwise a run is compared with them.
import { mkdirSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { versionOf } from "../../helpers/peers/peers.ts";
import { renderDefence } from "./document.ts";
import { documentPath, readRecorded, recordedFolder } from "./recorded.ts";
import type { Origin, Recorded, RecordedRow, Result, RuntimeName, Seen, Verdict } from "./types.ts";

/** Whether this run is to be recorded. */
export const isUpdate = process.env.UPDATE_DEFENCE === "1";

async function originOfThisRun(): Promise<Origin> {
  const [runc = "none", crun = "none"] = await Promise.all([versionOf("runc"), versionOf("crun")]);
  return { date: new Date().toISOString().slice(0, 10), kernel: release(), runc, crun };
}

/** What it means, what a runtime was seen to do. */
export function verdictOf(one: Seen | { readonly without: string }): Verdict {
  return typeof one === "string" || "refused" in one ? "held" : "failed" in one ? "fails" : "n/a";
}

type Tried = Seen | { readonly without: string };

function noteOf(tried: Tried): string {
  if (typeof tried === "string") return tried;
  const words = Object.entries(tried).map(([how, text]) => (how === "refused" ? `refused: ${text}` : text));
  return words.join();
}

/** A row's result: from what was seen under coffer and under the controls, or from their recorded result. */
export function toResult(coffer: Tried, controls: Result | Readonly<Record<"runc" | "crun", Tried>>): Result {
  const { verdicts, notes } =
    "verdicts" in controls
      ? controls
      : {
          verdicts: { runc: verdictOf(controls.runc), crun: verdictOf(controls.crun) },
          notes: { runc: noteOf(controls.runc), crun: noteOf(controls.crun) },
        };
  return { verdicts: { ...verdicts, coffer: verdictOf(coffer) }, notes: { ...notes, coffer: noteOf(coffer) } };
}

type Results = Readonly<Record<string, Result>>;

const inWords = ({ date, kernel, runc, crun }: Origin): string =>
  `${date}, Linux ${kernel}, runc ${runc}, crun ${crun}`;

/** Where a run differs from what is recorded, in words, each with the versions that the record is of. */
function differences({ rows }: Recorded, results: Results, names: readonly RuntimeName[]): readonly string[] {
  return Object.entries(results).flatMap(([id, { verdicts, notes }]) =>
    names.flatMap((name) => {
      const [old, now] = [rows[id]?.verdicts[name], verdicts[name]];
      const of = rows[id] === undefined ? "" : ` of ${inWords(rows[id].of)}`;
      return old === now ? [] : [`${id}, ${name}: recorded ${old ?? "not"}${of}; now ${now} (${notes[name] ?? ""})`];
    }),
  );
}

/** The recorded rows with those of this run in their place, in the order of the catalogue. */
function merged(old: Recorded | undefined, results: Results, order: readonly string[], of: Origin): Recorded {
  const fresh = Object.entries(results).map(([id, result]): [string, RecordedRow] => [id, { ...result, of }]);
  const known = { ...old?.rows, ...Object.fromEntries(fresh) };
  const rows = order.flatMap((id): readonly [string, RecordedRow][] => {
    const row = known[id];
    return row === undefined ? [] : [[id, row]];
  });
  return { rows: Object.fromEntries(rows) };
}

/**
 * Compares what a run has seen with what is recorded, or records it and writes the document. `order` are all rows that
 * there can be; a run of a part of them (`-m`) concerns that part. Only what coffer does otherwise is a failure: the
 * controls are programs of others, with versions of their own, and some of their outcomes are chance under load.
 */
export async function settle(
  t: ExecutionContext,
  name: string,
  results: Results,
  order: readonly string[],
): Promise<void> {
  const recorded = readRecorded(name);
  if (isUpdate) {
    const next = merged(recorded, results, order, await originOfThisRun());
    mkdirSync(recordedFolder, { recursive: true });
    writeFileSync(join(recordedFolder, `${name}.json`), `${JSON.stringify(next, null, 2)}\n`);
    writeFileSync(documentPath, renderDefence());
    t.pass();
    return;
  }
  if (recorded === undefined) return void t.fail("no run is recorded: UPDATE_DEFENCE=1 npx ava test/defence");
  for (const text of differences(recorded, results, ["runc", "crun"])) t.log(`a control differs: ${text}`);
  t.deepEqual(differences(recorded, results, ["coffer"]), []);
}
