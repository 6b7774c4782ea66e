import { execFileSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";
import { escapeCell, escapeControl, escapeJson, escapeText, shellWord } from "./escape.ts";

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

test(escapes, "a\u034fb\u115f\u1160\u17b4\u180b", "a\\u034fb\\u115f\\u1160\\u17b4\\u180b");
test(escapes, "\u3164\uffa0\ufe0f\u2800\u{e0100}", "\\u3164\\uffa0\\ufe0f\\u2800\\U000e0100");
test(escapes, "a b\u00a0c\u2003d\u3000", "a b\\u00a0c\\u2003d\\u3000");

test("no two names are printed alike for what nobody sees in one of them", (t) => {
  const seen = (text: string): string => text.replaceAll(/[\p{DI}\p{Cf}\p{Cc}\u2800]/gu, "").replaceAll(/\p{Z}/gu, " ");
  const wrong: string[] = [];
  for (let code = 0x80; code < 0xf0000; code += 1) {
    const letter = String.fromCodePoint(code);
    const isShown = /^[\p{L}\p{N}\p{P}\p{Sm}\p{Sc}]$/u.test(letter) && !/\p{DI}/u.test(letter);
    const isLike = /^a {1,2}b$/.test(seen(`a${letter} b`));
    const printed = escapeText(`a${letter} b`);
    if (isLike ? !/^[!-~ ]+$/.test(printed) : isShown && printed !== `a${letter} b`) wrong.push(printed);
  }
  t.deepEqual(wrong, []);
});

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

test("a word of a shell is the text again, and nothing else", (t) => {
  t.is(shellWord("/opt/a-b_c@1.2:%+=,x"), "/opt/a-b_c@1.2:%+=,x");
  t.is(shellWord("/opt/x;touch /y #"), "'/opt/x;touch /y #'");
  t.is(shellWord("it's"), "'it'\\''s'");
  t.is(shellWord("a'\\\u001b[2J\n\u202e"), "$'a\\x27\\\\\\x1b[2J\\x0a\\u202e'");
  t.is(shellWord(""), "''");
  const text = fc.string({
    unit: fc.constantFrom(..."a$`'\"\\;#~*?![]{}()<>|&=- \n\t\r\u001b\u007f\u0085\u202e\u{e0041}é"),
  });
  fc.assert(
    fc.property(fc.array(text, { minLength: 50, maxLength: 50 }), (texts) => {
      const words = texts.map(shellWord);
      for (const word of words) t.is(escapeControl(word), word);
      const options = { encoding: "utf8", env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" } } as const;
      const printed = execFileSync("bash", ["--norc", "-c", `printf '%s\\0' ${words.join(" ")}`], options);
      t.deepEqual(printed.split("\0").slice(0, -1), texts);
    }),
    { numRuns: 20 },
  );
});
