// What reads texts for the page: places of values, and answers of the worker in parts.
import test from "ava";
import fc from "fast-check";
import { cutAnswer, joinAnswer } from "../../scripts/site/app/parts.ts";
import { locate, pointersOf } from "../../scripts/site/app/read/locate.ts";

/** The pointers of a value and of all that is in it, the innermost first. */
function pointersIn(value: unknown, pointer = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [pointer];
  const step = (key: string): string => `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return [...Object.entries(value).flatMap(([key, one]) => pointersIn(one, step(key))), pointer];
}

test("every value of a document has its place", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const spots = locate(text);
      t.deepEqual(
        spots.map(({ pointer }) => pointer),
        pointersIn(JSON.parse(text)),
      );
      t.is(spots.at(-1)?.last, text.split("\n").length - 1);
    }),
  );
});

test("a line is about the innermost value that begins on it", (t) => {
  const text = '{\n  "a": [\n    1,\n    "x\\"}"\n  ],\n  "b~/": {}\n}';
  t.deepEqual(pointersOf(locate(text), 7), ["", "/a", "/a/0", "/a/1", "/a", "/b~0~1", ""]);
});

test("text that is no JSON is passed over in bounded time", (t) => {
  for (const text of ["[}", "{]", '{"a"', '{"a" "b"}', '["', "[[[[", "]", '{"\\u12":1}'])
    t.true(locate(text).length < 10, text);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ \n1a'), maxLength: 40 }), (text) => {
      t.true(locate(text).length <= text.length + 1);
    }),
    { numRuns: 2000 },
  );
});

test("an answer that was cut into parts is whole again", (t) => {
  const list = (count: number) => Array.from({ length: count }, (_, at) => ({ at, deep: [at] }));
  for (const answer of [
    { ok: true, value: { details: list(4096), findings: list(250), json: "x", none: undefined } },
    { ok: true, value: { left: { details: list(251) }, right: { details: list(600) }, pairs: list(900) } },
    { ok: false, failure: { message: "m", issues: list(3) } },
  ]) {
    const { rest, parts } = cutAnswer(answer);
    t.true(parts.every((part) => part.length <= 250));
    t.deepEqual(joinAnswer(rest, parts), answer);
  }
});
