import test from "ava";
import { rememberMade } from "./made.ts";

const fill = (made: ReturnType<typeof rememberMade>, count: number, letters: number): void => {
  for (let index = 0; index < count; index++) made.add(`/${index}`.padEnd(letters, "x"));
};
const nth = (index: number, letters: number): string => `/${index}`.padEnd(letters, "x");

test("what was made is remembered, once", (t) => {
  const made = rememberMade();
  t.false(made.has("/a"));
  made.add("/a");
  for (let index = 0; index < 300_000; index++) made.add("/b");
  t.true(made.has("/a"));
  t.true(made.has("/b"));
});

test("the oldest of too many names are forgotten", (t) => {
  const made = rememberMade();
  fill(made, 100_003, 10);
  t.deepEqual(
    [0, 2, 3, 100_002].map((index) => made.has(nth(index, 10))),
    [false, false, true, true],
  );
});

test("the oldest of names with too many letters are forgotten", (t) => {
  const made = rememberMade();
  fill(made, 5_002, 4_000);
  t.deepEqual(
    [0, 1, 2, 5_001].map((index) => made.has(nth(index, 4_000))),
    [false, false, true, true],
  );
});
