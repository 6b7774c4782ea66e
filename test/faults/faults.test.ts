// Every op of every plan, and every fault: the verb ends in time, says which op, and leaves nothing.
import test from "ava";
import { needs } from "../helpers/needs.ts";
import type { StageRuns } from "./matrix.ts";
import { runStage } from "./matrix.ts";
import { wrongs } from "./outcome.ts";
import { stages } from "./stages/stages.ts";
import { holesOf, printTable, rowsOf, writePart } from "./table.ts";

const done: StageRuns[] = [];

for (const stage of stages)
  test.serial(`${stage.name}: every op, every fault`, async (t) => {
    t.timeout(3_600_000);
    if (!(await needs(t, "root", "cgroup-v1", ...(stage.needs ?? [])))) return;
    const result = await runStage(t, stage);
    done.push(result);
    t.log(`${result.plans[0]?.ops.length} ops, ${result.runs.length} runs`);
    t.deepEqual(result.runs.flatMap(wrongs), []);
  });

test.serial("the table of ops and faults has no hole", (t) => {
  if (done.length < stages.length) {
    t.log("skipped: needs all of the plans");
    t.pass();
    return;
  }
  const rows = rowsOf(done);
  t.log(`\n${printTable(rows)}`);
  t.deepEqual(holesOf(rows), []);
  if (process.env.UPDATE_FAULTS === "1") writePart("ops", printTable(rows));
});
