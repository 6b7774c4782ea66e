import test from "ava";
import { escapeControl, quote, SpecError, toPointer } from "./errors.ts";

const escapes = test.macro({
  exec(t, text: string, escaped: string) {
    t.is(escapeControl(text), escaped);
  },
  title: (_, _text, escaped) => `escapes as ${escaped}`,
});

test(escapes, "plain ü 😀", "plain ü 😀");
test(escapes, "a\u001b[31mb\n", "a\\x1b[31mb\\x0a");
test(escapes, "\0\u007f\u0085\u009b", "\\x00\\x7f\\x85\\x9b");
test(escapes, "\u202eabc\u2028\ud800", "\\u202eabc\\u2028\\ud800");

test("quote cuts long text", (t) => {
  t.is(quote("a".repeat(100)), `"${"a".repeat(64)}…"`);
});

test("a pointer escapes ~ and /", (t) => {
  t.is(toPointer(["annotations", "a/b~c", 0]), "/annotations/a~1b~0c/0");
  t.is(toPointer([]), "");
});

test("an error lists its issues on one safe line and keeps its cause", (t) => {
  const cause = new Error("inner");
  const issues = Array.from({ length: 40 }, (_, at) => ({ pointer: `/\u001b${at}`, message: "bad" }));
  const error = new SpecError("E_CONFIG_INVALID", "config", issues, { cause });
  t.is(error.shortMessage, "config: /\\x1b0: bad (and 39 more)");
  t.true(error.message.startsWith("config: /\\x1b0: bad; /\\x1b1: bad; "));
  t.true(error.message.endsWith("; and 8 more"));
  t.is(error.issues.length, 40);
  t.is(error.cause, cause);
});
