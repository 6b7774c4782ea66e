import test from "ava";
import { verbUsageText } from "./text.ts";

test("help of a verb has its words, its flags and its examples", (t) => {
  const text = verbUsageText("why", "coffer");
  t.regex(text, /^usage: coffer \[global flags\] why \[FLAGS\] TARGET$/m);
  t.regex(text, /^ {3}TARGET +a path, or HOST\[:PORT\]$/m);
  t.regex(text, /^ {3}--op OP +\S/m);
  t.regex(text, /^ {3}coffer why example\.org:443 --profile node$/m);
});
