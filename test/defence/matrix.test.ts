// The defence matrix: each row of the catalogue that can be tried, under coffer, and under runc and crun as controls.
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { catalogue } from "./catalogue.ts";
import { settle, toResult } from "./matrix/record.ts";
import { attempt } from "./matrix/stage.ts";
import type { Attempt, Result, Row, RuntimeName, Seen } from "./matrix/types.ts";

const results: Record<string, Result> = {};
const rows = catalogue.flatMap((group) => group.rows);

type Outcome = Seen | { readonly without: string };

async function put(t: ExecutionContext, name: RuntimeName, row: Attempt): Promise<Outcome> {
  const without = row.without?.[name];
  return without === undefined ? attempt(t, name, row) : { without };
}

const holds = test.macro({
  exec: async (t, { id, show, let: reason }: Row) => {
    if (!(await needs(t, "root", "runc", "crun", "userns", "strace"))) return;
    if (show.how !== "attempt") return;
    const [coffer, runc, crun] = await Promise.all([
      put(t, "coffer", show.attempt),
      put(t, "runc", show.attempt),
      put(t, "crun", show.attempt),
    ]);
    const result = toResult({ coffer, runc, crun });
    results[id] = result;
    t.log(JSON.stringify(result));
    t.is(result.verdicts.coffer, reason === undefined ? "held" : "fails", result.notes.coffer);
  },
  title: (_provided, { id }: Row) => id,
});

const tried = rows.filter(({ show }) => show.how === "attempt");
for (const row of tried) test.serial(holds, row);

test.serial("what was seen is what is recorded", async (t) => {
  if (!(await needs(t, "root", "runc", "crun", "userns", "strace"))) return;
  await settle(
    t,
    "matrix",
    results,
    tried.map(({ id }) => id),
  );
});
