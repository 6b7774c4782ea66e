// A part of the table of faults that takes seconds, for every run of the tests: short.test.ts has more, the nightly run all.
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { columns } from "./columns.ts";
import { runStage } from "./matrix.ts";
import { wrongs } from "./outcome.ts";
import { stages } from "./stages/stages.ts";

test.serial("delete: the first op of each kind, every fault that stops nobody", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const stage = stages.find(({ name }) => name === "delete");
  const brief = columns.filter(({ stopMs }) => stopMs === 0);
  const { runs } = stage === undefined ? { runs: [] } : await runStage(t, stage, brief);
  t.log(`${runs.length} runs`);
  t.deepEqual(runs.flatMap(wrongs), []);
  t.true(runs.length > 30);
});
