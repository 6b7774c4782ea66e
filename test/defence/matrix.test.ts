// The defence matrix: each row of the catalogue that can be tried, under coffer, and under runc and crun as controls. The
// verdicts of the controls are recorded. They run a row only if its record is missing, or is to be written or checked
// (UPDATE_DEFENCE=1, UPDATE_PEERS=1, which CI sets).
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { hashOf, isAskedNow, isPeersUpdate } from "../helpers/peers/peer-record.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import { catalogue } from "./catalogue.ts";
import { isUpdate, settle, toResult } from "./matrix/record.ts";
import { readRecorded } from "./matrix/recorded.ts";
import { attempt } from "./matrix/stage.ts";
import type { Attempt, Result, Row, RuntimeName, Seen } from "./matrix/types.ts";

const results: Record<string, Result> = {};
const rows = catalogue.flatMap((group) => group.rows);

type Outcome = Seen | { readonly without: string };

const recorded = readRecorded("matrix")?.rows ?? {};
const areAllTried = isUpdate || isPeersUpdate;

async function put(t: ExecutionContext, name: RuntimeName, row: Attempt): Promise<Outcome> {
  const without = row.without?.[name];
  return without === undefined ? attempt(t, name, row) : { without };
}

const controls = ["runc", "crun"] as const;

async function putControls(t: ExecutionContext, row: Attempt) {
  const [runc, crun] = await Promise.all([put(t, "runc", row), put(t, "crun", row)]);
  return { runc, crun };
}

const holds = test.macro({
  exec: async (t, { id, show, let: reason }: Row) => {
    const known = isUpdate || isAskedNow(hashOf(id)) ? undefined : recorded[id];
    if (!(await needs(t, "root", "userns", "strace", ...(known === undefined ? controls : [])))) return;
    if (show.how !== "attempt") return;
    const { attempt: row } = show;
    const [coffer, others] = await Promise.all([put(t, "coffer", row), known ?? putControls(t, row)]);
    const result = toResult(coffer, others);
    results[id] = result;
    t.log(JSON.stringify(result));
    t.is(result.verdicts.coffer, reason === undefined ? "held" : "fails", result.notes.coffer);
  },
  title: (_provided, { id }: Row) => id,
});

const tried = rows.filter(({ show }) => show.how === "attempt");
for (const row of ofToday(tried, 4)) test.serial(holds, row);

test.serial("what was seen is what is recorded", async (t) => {
  if (!(await needs(t, "root", "userns", "strace", ...(areAllTried ? controls : [])))) return;
  await settle(
    t,
    "matrix",
    results,
    tried.map(({ id }) => id),
  );
});
