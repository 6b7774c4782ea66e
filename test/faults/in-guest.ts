// Runs in a guest, with FAULT_OPS naming some of its ops: the plans that need it, and every fault at those. Prints the rows of the
// table and what is wrong, as JSON.
import type { Teardown } from "../helpers/bundle.ts";
import type { StageRuns } from "./matrix.ts";
import { runStage } from "./matrix.ts";
import { wrongs } from "./outcome.ts";
import type { GuestName } from "./stages/guest-stages.ts";
import { guests } from "./stages/guest-stages.ts";
import type { TableRow } from "./table.ts";
import { rowsOf } from "./table.ts";

/** What a guest tells. */
export type Told = { readonly rows: readonly TableRow[]; readonly wrongs: readonly string[] };

/** The guest is forgotten: nothing has to be undone in it. */
const t: Teardown = { teardown: () => {} };

async function main(name: GuestName): Promise<Told> {
  const { ops, stages } = guests[name];
  const done: StageRuns[] = [];
  for (const stage of stages) done.push(await runStage(t, stage));
  const asked = process.env.FAULT_OPS?.split(",") ?? ops;
  return {
    rows: rowsOf(
      done,
      ops.filter((op) => asked.includes(op)),
    ),
    wrongs: done.flatMap(({ runs }) => runs.flatMap(wrongs)),
  };
}

const isGuest = (name: string | undefined): name is GuestName => name !== undefined && name in guests;

const name = process.argv[2];
if (!isGuest(name)) throw new Error(`no guest ${name}`);
console.log(JSON.stringify(await main(name)));
process.exit();
