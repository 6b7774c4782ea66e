import test from "ava";
import { SpecError } from "../errors.ts";
import { parseJsonc } from "./jsonc.ts";

const reads = test.macro({
  exec(t, text: string, value: unknown) {
    t.deepEqual(parseJsonc(text), value);
  },
  title: (_, text: string) => `reads ${JSON.stringify(text)}`,
});

test(reads, '{"a":1}', { a: 1 });
test(reads, '// first\n{"a": 1, // last\n}', { a: 1 });
test(reads, '{/* "b": 2, */"a": [1, /**/ 2, ], /* x */ }', { a: [1, 2] });
test(reads, '{"a": "// no", "b": "/* no */", "c": ",]"}', { a: "// no", b: "/* no */", c: ",]" });
test(reads, '{"a": "\\"// no", "b": "\\\\" // yes\n}', { a: '"// no', b: "\\" });
test(reads, '{"a": 1} // "open', { a: 1 });

const refuses = test.macro({
  exec(t, text: string, message: RegExp) {
    t.throws(() => parseJsonc(text), { instanceOf: SpecError, code: "E_JSON_SYNTAX", message });
  },
  title: (_, text: string) => `refuses ${JSON.stringify(text.slice(0, 40))}`,
});

test(refuses, "{,,}", /column 2/);
test(refuses, "[1,,]", /column 5/);
test(refuses, '{"a": 1 /* open', /end of input/);
test(refuses, '/* one\n two */ {"a"; 1}', /line 2, column 13/);
test(refuses, '{"a": 1 / 2}', /'\/'/);

test("a hostile text is read in a time that grows as its length does", (t) => {
  for (const part of [",/*", '\\"', "/*", ", ", '"\\"'])
    t.throws(() => parseJsonc(`{"a": "${part.repeat(100_000)}`), { instanceOf: SpecError });
});
