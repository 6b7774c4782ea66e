import test from "ava";
import fc from "fast-check";
import type { SpecErrorCode } from "../errors.ts";
import { SpecError } from "../errors.ts";
import { maxJsonLength, parseJson, stringifyJson } from "./json.ts";
import { maxJsonDepth, maxNumberLength, readExactly } from "./reader.ts";

const reads = test.macro({
  exec(t, text: string, value: unknown) {
    t.deepEqual(parseJson(text), value);
  },
  title: (_, text: string) => `reads ${text.slice(0, 60)}`,
});

test(reads, " [1, -1, 0, 1.5, 1e2, 2.0] ", [1, -1, 0, 1.5, 100, 2]);
test(reads, "9007199254740991", 9_007_199_254_740_991);
test(reads, "9007199254740992", 9_007_199_254_740_992n);
test(reads, "-9007199254740992", -9_007_199_254_740_992n);
test(reads, "18446744073709551615", 18_446_744_073_709_551_615n);
test(reads, "-9223372036854775808", -9_223_372_036_854_775_808n);
test(reads, "9".repeat(maxNumberLength), BigInt("9".repeat(maxNumberLength)));
test(reads, "-0", 0);
test(reads, "[-0]", [0]);
test(reads, "[9007199254740992]", [9_007_199_254_740_992n]);
test(reads, "[18446744073709552000]", [18_446_744_073_709_552_000n]);
test(reads, '{"a":[1e+21]}', { a: [1e21] });
test(reads, '{\n  "b": 1,\n  "1": [\n    "\\u001f"\n  ]\n}\n', { b: 1, 1: ["\u001f"] });
test(reads, '"\u0080\u007f"', "\u0080\u007f");
test(reads, '{"a":{"a":1},"b":[{"a":1},{"a":1}]}', { a: { a: 1 }, b: [{ a: 1 }, { a: 1 }] });
test(reads, '{"a\\"":"a\\":1","\\u0061":"\\ud83d\\ude00"}', { 'a"': 'a":1', a: "😀" });
test(reads, '"\\udcff"', "\udcff");
test(reads, '{"a\\\\":1,"a":"\\\\"}', { "a\\": 1, a: "\\" });
test(
  reads,
  `${"[".repeat(maxJsonDepth)}${"]".repeat(maxJsonDepth)}`,
  JSON.parse(`${"[".repeat(128)}${"]".repeat(128)}`),
);

const refuses = test.macro({
  exec(t, text: string, code: SpecErrorCode, message: string) {
    const error = t.throws(() => parseJson(text), { instanceOf: SpecError, code });
    t.is(error?.shortMessage, `JSON: ${message}`);
  },
  title: (_, text: string, code) => `refuses ${JSON.stringify(text.slice(0, 40))}: ${code}`,
});

const syntax = "E_JSON_SYNTAX";
const twice = "E_JSON_DUPLICATE_KEY";
test(refuses, "", syntax, "JSON value expected but reached end of input at line 1, column 1 (offset 0)");
test(refuses, "{]", syntax, "Quoted object key expected but got ']' at line 1, column 2 (offset 1)");
test(refuses, "{}\n x", syntax, "Expected end of input but got 'x' at line 2, column 2 (offset 4)");
test(refuses, "\uFEFF{}", syntax, "starts with a byte order mark at line 1, column 1 (offset 0)");
test(refuses, '{"a":"\udcff"}', syntax, "is not UTF-8 at line 1, column 7 (offset 6)");
test(refuses, "[1,]", syntax, "Array item expected but got ']' at line 1, column 4 (offset 3)");
test(refuses, "[01]", syntax, "Comma ',' expected after value but got '1' at line 1, column 3 (offset 2)");
test(refuses, '"a\u001bb"', syntax, "Invalid character '\\x1b' at line 1, column 3 (offset 2)");
test(refuses, '{"a":"\\x"}', syntax, "Invalid escape character '\\x' at line 1, column 7 (offset 6)");
test(refuses, '{"\\x":1}', syntax, "Invalid escape character '\\x' at line 1, column 3 (offset 2)");
test(refuses, '"abc', syntax, "End of string '\"' expected but reached end of input at line 1, column 5 (offset 4)");
test(refuses, "[1, 1e999]", syntax, "number is out of range at line 1, column 5 (offset 4)");
test(refuses, "1".repeat(maxNumberLength + 1), syntax, "number is too long at line 1, column 1 (offset 0)");
test(refuses, `[${"1".repeat(maxNumberLength + 1)}]`, syntax, "number is too long at line 1, column 2 (offset 1)");
test(refuses, "[-]", syntax, "Invalid number '-', expecting a digit but got ']' at line 1, column 3 (offset 2)");
test(refuses, "1.e1", syntax, "Invalid number '1.', expecting a digit but got 'e' at line 1, column 3 (offset 2)");
test(refuses, "1.5.", syntax, "Expected end of input but got '.' at line 1, column 4 (offset 3)");
test(
  refuses,
  "1e+",
  syntax,
  "Invalid number '1e+', expecting a digit but reached end of input at line 1, column 4 (offset 3)",
);
test(refuses, "1e5e", syntax, "Expected end of input but got 'e' at line 1, column 4 (offset 3)");
test(refuses, '"\\u00g0"', syntax, "Invalid unicode character '\\u00g0' at line 1, column 2 (offset 1)");
test(refuses, '{"a":}', syntax, "Object value expected after ':' at line 1, column 6 (offset 5)");
test(refuses, '{"a" 1}', syntax, "Colon ':' expected after property name but got '1' at line 1, column 6 (offset 5)");
test(
  refuses,
  '{"a":1',
  syntax,
  "Quoted object key or end of object '}' expected but reached end of input at line 1, column 7 (offset 6)",
);
test(
  refuses,
  "[1",
  syntax,
  "Array item or end of array ']' expected but reached end of input at line 1, column 3 (offset 2)",
);
test(refuses, '[1,] {"a":1,"a":1}', syntax, "Array item expected but got ']' at line 1, column 4 (offset 3)");
test(refuses, "NaN", syntax, "JSON value expected but got 'N' at line 1, column 1 (offset 0)");
test(refuses, '{"a":1,"a":2}', twice, 'duplicate key "a" at line 1, column 8 (offset 7)');
test(refuses, '{"a":1,"a":1}', twice, 'duplicate key "a" at line 1, column 8 (offset 7)');
test(refuses, '{"a":1,\n"\\u0061" : 1}', twice, 'duplicate key "a" at line 2, column 1 (offset 8)');
test(refuses, '[{"__proto__":1,"__proto__":1}]', twice, 'duplicate key "__proto__" at line 1, column 17 (offset 16)');
test(refuses, '{"\u0085":1,"\u0085":1}', twice, 'duplicate key "\\u0085" at line 1, column 8 (offset 7)');
test(refuses, "[".repeat(129), "E_JSON_TOO_DEEP", "nested deeper than 128 at line 1, column 129 (offset 128)");
test(
  refuses,
  `[0,${"[".repeat(128)}${"]".repeat(128)}]`,
  "E_JSON_TOO_DEEP",
  "nested deeper than 128 at line 1, column 131 (offset 130)",
);
test(refuses, '{"a":'.repeat(1e6), "E_JSON_TOO_DEEP", "nested deeper than 128 at line 1, column 641 (offset 640)");
test(
  refuses,
  " ".repeat(maxJsonLength + 1),
  "E_JSON_TOO_LARGE",
  "longer than 16777216 characters at line 1, column 1 (offset 0)",
);

test("a __proto__ key is an own property and changes no prototype", (t) => {
  const value = parseJson('{"__proto__":{"polluted":true},"a":{"__proto__":null}}');
  t.is(Object.getPrototypeOf(value), Object.prototype);
  t.deepEqual(Object.keys(value ?? {}), ["__proto__", "a"]);
  t.is(Reflect.get({}, "polluted"), undefined);
});

test("bigint is written as its exact digits", (t) => {
  t.is(stringifyJson({ a: [2n ** 64n - 1n, 1] }), '{"a":[18446744073709551615,1]}');
  t.is(stringifyJson({ a: "\u009b\udcff\u202e" }), '{"a":"\\u009b\\udcff\\u202e"}');
  t.is(stringifyJson({ a: 1n }, "\t"), '{\n\t"a": 1\n}');
  t.is(
    stringifyJson({ a: [2n ** 64n, {}, [undefined]], b: undefined }, 1),
    '{\n "a": [\n  18446744073709551616,\n  {},\n  [\n   null\n  ]\n ]\n}',
  );
});

test("what has no JSON form is not written", (t) => {
  t.throws(() => stringifyJson(undefined), { instanceOf: SpecError, code: "E_JSON_UNWRITABLE" });
});

const isRefused = (read: () => unknown) => {
  try {
    read();
    return false;
  } catch {
    return true;
  }
};

test("what JSON.parse reads, parseJson reads alike", (t) => {
  const read = (text: string) => JSON.parse(stringifyJson(parseJson(text)));
  const texts = fc.json({ maxDepth: 5 }).map((text) => text.replaceAll("-0", "0"));
  fc.assert(
    fc.property(texts, (text) => t.deepEqual(read(text), JSON.parse(text))),
    { seed: 1, numRuns: 300 },
  );
});

test("parseJson refuses exactly what JSON.parse refuses, but duplicate keys", (t) => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "a",
    "1",
    "-",
    ".",
    "e",
    " ",
    "\n",
    "\\u0061",
    "true",
    "null",
    '"b"',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
      const text = parts.join("");
      return /"(\w)".*"\1"|1e1/s.test(text) || isRefused(() => parseJson(text)) === isRefused(() => JSON.parse(text));
    }),
    { seed: 2, numRuns: 20_000 },
  );
  t.pass();
});

test("the engine's reader and the exact one read the same", (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom("", " ", "\t"), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), null, space);
      t.deepEqual(parseJson(text), readExactly(text));
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("what stringifyJson writes, parseJson reads back", (t) => {
  const number = fc.oneof(
    fc.maxSafeInteger().map((value) => value + 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, number, fc.string(), fc.boolean(), fc.constant(null), tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    map: fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));
  fc.assert(
    fc.property(value, (one) => t.deepEqual(parseJson(stringifyJson(one, 2)), one)),
    { seed: 3, numRuns: 300 },
  );
});

test("the largest document is read", (t) => {
  t.deepEqual(parseJson(`[]${" ".repeat(maxJsonLength - 2)}`), []);
});
