import test from "ava";
import fc from "fast-check";
import { escapeCell, escapeControl, escapeJson, escapeText } from "./escape.ts";

const escapes = test.macro({
  exec(t, text: string, escaped: string) {
    t.is(escapeControl(text), escaped);
    t.is(escapeControl(escaped), escaped, "twice is as once");
  },
  title: (_, _text, escaped) => `escapes as ${escaped}`,
});

test(escapes, "plain ü 😀 \\", "plain ü 😀 \\");
test(escapes, "a\u001b[31mb\n", "a\\x1b[31mb\\x0a");
test(escapes, "\0\u007f\u0085\u009b", "\\x00\\x7f\\u0085\\u009b");
test(escapes, "\u202eabc\u2028\ud800", "\\u202eabc\\u2028\\ud800");
test(escapes, "\u061c\u200b\u200e\u200f\u2066\ufeff", "\\u061c\\u200b\\u200e\\u200f\\u2066\\ufeff");
test(escapes, "\u{e0041}", "\\U000e0041");
test(escapes, "a\udcffb\udc80", "a\\xffb\\x80");

const quotes = test.macro({
  exec(t, text: string, escaped: string) {
    t.is(escapeText(text), escaped);
    t.is(escapeControl(escaped), escaped);
  },
  title: (_, _text, escaped) => `between quotes ${escaped}`,
});

test(quotes, 'a"b', 'a\\"b');
test(quotes, "a\\xff", "a\\\\xff");
test(quotes, "a\udcff", "a\\xff");
test(quotes, "a\u0085", "a\\u0085");

const cells = test.macro({
  exec(t, text: string, escaped: string) {
    t.is(escapeCell(text), escaped);
  },
  title: (_, _text, escaped) => `in a cell ${escaped}`,
});

test(cells, "/a b/c", "/a b/c");
test(cells, "/a   0   stopped", "/a \\x20\\x200 \\x20\\x20stopped");
test(cells, " /a ", "\\x20/a\\x20");
test(cells, "/a\u00a0\u3000b", "/a\\u00a0\\u3000b");
test(cells, "/a\nb\u009b\udc9b", "/a\\x0ab\\u009b\\x9b");
test(cells, "/a\\x20", "/a\\\\x20");

const anyText = fc
  .array(
    fc.oneof(fc.constantFrom(" ", "\\", '"', "x", "2", "0", "u", "\u0020", "\udc80", "\u0080", "\u2028"), fc.string()),
  )
  .map((parts) => parts.join(""));

test("no two texts are printed alike", (t) => {
  for (const toPrinted of [escapeText, escapeCell])
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        if (one !== other) t.not(toPrinted(one), toPrinted(other));
      }),
      { numRuns: 2000 },
    );
});

test("JSON means what it meant, and has nothing that a terminal obeys", (t) => {
  const texts = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(texts, (text) => {
      const json = escapeJson(JSON.stringify({ [text]: text }));
      t.deepEqual(JSON.parse(json), { [text]: text });
      t.is(escapeControl(json), json);
    }),
  );
  t.is(escapeJson('"\u009b\u2028\u{e0041}"'), '"\\u009b\\u2028\\udb40\\udc41"');
});
