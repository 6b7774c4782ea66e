import test from "ava";
import { orderRules } from "./order.ts";
import type { Rule } from "./rules.ts";

/** `0 LT 5` is one condition, `0 LT 5, 1 EQ 2` two; the action says which rule it is. */
function rule(text: string, action: number): Rule {
  const conditions = text.split(", ").map((part) => {
    const [index, op, value] = part.split(" ");
    return { index: Number(index), op: op ?? "", value: BigInt(value ?? 0), mask: 2n ** 64n - 1n };
  });
  return { conditions, action, end: action };
}

for (const [why, texts, expected] of [
  ["equality before bounds", ["0 GE 9", "0 LT 5", "0 EQ 1"], [2, 1, 0]],
  ["the smaller upper bound first", ["0 LT 9", "0 LE 5", "0 LT 7"], [1, 2, 0]],
  ["the larger lower bound first", ["0 GT 5", "0 GE 9", "0 GT 7"], [1, 2, 0]],
  ["the larger equal number first, in all 64 bits", ["0 EQ 7", "0 NE 4294967296", "0 EQ 9"], [1, 2, 0]],
  ["the later argument first", ["0 EQ 5", "1 GE 0", "3 NE 1"], [2, 1, 0]],
  ["the shorter of two that begin alike", ["0 EQ 5, 1 EQ 2", "0 EQ 5"], [1, 0]],
  ["arguments in any order of writing", ["1 EQ 2, 0 EQ 5", "0 EQ 6, 1 EQ 1"], [1, 0]],
  ["the profile's order otherwise", ["0 EQ 5", "0 NE 5", "0 EQ 5"], [0, 1, 2]],
] as const)
  test(`asks ${why}`, (t) => {
    const ordered = orderRules(texts.map(rule), true);
    t.deepEqual(
      ordered.map((each) => each.action),
      [...expected],
    );
  });
