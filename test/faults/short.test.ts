// The table of faults in short, for every run of the tests: `npm run test:nightly` has all of it (docs/security/faults.md).
import test from "ava";
import { opTable } from "../../packages/core/src/wire/tables/op-table.ts";
import { kept } from "../helpers/kept.ts";
import { needs } from "../helpers/needs.ts";
import { columns } from "./columns.ts";
import { readPlans, runStage } from "./matrix.ts";
import { wrongs } from "./outcome.ts";
import { stages } from "./stages/stages.ts";
import { unreachable } from "./table.ts";

/** Who is stopped is so for a moment only. */
const stopMs = 200;
const brief = columns.map((column) => (column.stopMs > 0 ? { ...column, stopMs } : column));

test.serial("create: the first op of each kind, every fault", async (t) => {
  t.timeout(1_800_000);
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  await kept(t, ["helper-c", "packages/core/src", "test/faults", "test/helpers", "test/probe"], async () => {
    const stage = stages.find(({ name }) => name === "create");
    const { runs } = stage === undefined ? { runs: [] } : await runStage(t, stage, brief);
    t.log(`${runs.length} runs`);
    t.deepEqual(runs.flatMap(wrongs), []);
    t.true(runs.length > 500);
  });
});

test.serial("every op is in a plan of the table, or there is a reason why it is not", async (t) => {
  t.timeout(600_000);
  if (!(await needs(t, "root", "cgroup-v1", "user", "userns", "newuidmap", "ip", "criu"))) return;
  const found = new Set<string>();
  for (const stage of stages) for (const { ops } of await readPlans(t, stage)) for (const { op } of ops) found.add(op);
  const names = Object.keys(opTable);
  t.deepEqual(
    names.filter((name) => !found.has(name)),
    Object.keys(unreachable),
  );
});
