// Journals that a crash has cut.
import test from "ava";
import { isUnfinished, readState, readSteps } from "./journal.ts";

const steps = [{ slot: "0", path: "a\udcff\n", out: "f 1 2 3", incoming: "-" }];

test("steps are read as they were written, and a part of them is nothing", (t) => {
  const text = JSON.stringify(steps);
  t.deepEqual(readSteps(text), steps);
  for (let size = 0; size < text.length; size += 1) t.is(readSteps(text.slice(0, size)), undefined);
  for (const wrong of ["{}", "null", "[1]", '[{"slot":"0"}]', '[{"slot":0,"path":"a","out":"-","incoming":"-"}]'])
    t.is(readSteps(wrong), undefined);
});

test("a state that is not whole is not finished", (t) => {
  t.deepEqual(["applied\n", "undone\n"].map(readState).map(isUnfinished), [false, false]);
  for (const text of [undefined, "", "applied", "undon", "applying\n", "undoing\n", "\0\0\0"])
    t.true(isUnfinished(readState(text)));
  t.is(readState("undoing\n"), "undoing");
});
