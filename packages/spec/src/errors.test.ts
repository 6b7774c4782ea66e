import test from "ava";
import { quote, SpecError, toPointer } from "./errors.ts";

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
