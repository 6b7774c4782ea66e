// Journals that a crash has cut.
import test from "ava";
import { isUnfinished, readState, readSteps, writeState } from "./journal.ts";

const steps = [{ slot: "0", path: "a\udcff\n", out: "f 1 2 3", incoming: "-" }];

test("steps are read as they were written, and a part of them is nothing", (t) => {
  const text = JSON.stringify(steps);
  t.deepEqual(readSteps(text), steps);
  for (let size = 0; size < text.length; size += 1) t.is(readSteps(text.slice(0, size)), undefined);
  for (const wrong of ["{}", "null", "[1]", '[{"slot":"0"}]', '[{"slot":0,"path":"a","out":"-","incoming":"-"}]'])
    t.is(readSteps(wrong), undefined);
});

test("a state that is not whole is not finished", (t) => {
  const states = ["copying", "applied", "undone", "partly"] as const;
  for (const state of states) {
    const text = writeState(state);
    t.is(readState(text), state);
    t.false(isUnfinished(readState(text)));
    for (let size = 0; size < text.length; size += 1) t.true(isUnfinished(readState(text.slice(0, size))));
  }
  t.true(isUnfinished(readState(undefined)));
  t.true(isUnfinished(readState("\0\0\0")));
  t.is(readState(writeState("undoing")), "undoing");
});

test("all states have one length", (t) => {
  const lengths = (["copying", "applying", "applied", "undoing", "undone", "partly"] as const).map(
    (state) => writeState(state).length,
  );
  t.deepEqual([...new Set(lengths)], [16]);
});
