import test from "ava";
import { verbsOf } from "../table/verbs.ts";
import { overviewText, verbUsageText } from "./text.ts";

test("help of a verb has its words, its flags and its examples", (t) => {
  const text = verbUsageText("why", "coffer");
  t.regex(text, /^usage: coffer \[global flags\] why \[FLAGS\] TARGET$/m);
  t.regex(text, /^ {3}TARGET +a path, or HOST\[:PORT\]$/m);
  t.regex(text, /^ {3}--op read\|write\|connect +\S/m);
  t.regex(text, /^ {3}coffer why example\.org:443 --profile node$/m);
});

test("help says which values a flag takes", (t) => {
  const text = verbUsageText("sandbox", "coffer");
  t.regex(text, /^ {3}--net none\|proxy\|user {2}/m);
  t.regex(text, /^ {3}--overlay\[=discard\|keep\|ask\]$/m);
});

test("help fits a terminal of 80 columns", (t) => {
  const texts = verbsOf("coffer").map((name) => verbUsageText(name, "coffer").replace(/^usage: .*$/m, ""));
  const lines = [overviewText(), ...texts].join("\n").split("\n");
  t.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  t.true(lines.length > 300);
});

test("help names every verb, and a first one", (t) => {
  const text = overviewText();
  for (const name of verbsOf("coffer")) t.regex(text, new RegExp(`^ {3}${name} +\\S`, "m"));
  t.regex(text, /Begin with `coffer sandbox -- COMMAND`/);
});
