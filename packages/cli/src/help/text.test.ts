import test from "ava";
import { verbsOf } from "../table/verbs.ts";
import { commands } from "./commands.ts";
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

/** The flags of each list, by its title. */
const listsOf = (text: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    text
      .split(/^(?=[A-Z]+ FLAGS$)/m)
      .map((part) => [
        /^[A-Z]+ FLAGS$/m.exec(part)?.[0] ?? "FLAGS",
        [...part.matchAll(/^ {3}(?:-\w, )?--([\w-]+)/gm)].map(([, name = ""]) => name).sort(),
      ]),
  );

/** The same of oclif's commands, without what every verb has. */
const listsOfOclif = (name: string): Readonly<Record<string, readonly string[]>> => {
  const flags = Object.entries(commands[name]?.flags ?? {}).filter(
    ([, { hidden, helpGroup }]) => !hidden && helpGroup !== "GLOBAL",
  );
  const titles = new Set(flags.map(([, { helpGroup }]) => helpGroup));
  return Object.fromEntries(
    [...titles].map((title) => [
      title === undefined ? "FLAGS" : `${title} FLAGS`,
      flags
        .filter(([, { helpGroup }]) => helpGroup === title)
        .map(([flag]) => flag)
        .sort(),
    ]),
  );
};

for (const name of ["sandbox", "shell", "why", "spec"] as const)
  test(`both fronts have the flags of ${name} in the same lists, in the same order`, (t) => {
    const lists = listsOf(verbUsageText(name, "coffer"));
    t.deepEqual(lists, listsOfOclif(name));
    t.deepEqual(Object.keys(lists), Object.keys(listsOfOclif(name)));
    t.true(Object.keys(lists).includes(name === "spec" ? "UNSAFE FLAGS" : "FILE FLAGS"));
  });

test("the lists of sandbox are in one order", (t) => {
  const titles = Object.keys(listsOf(verbUsageText("sandbox", "coffer")));
  const named = ["FILE", "NETWORK", "LIMIT", "REASON", "PREVIEW", "UNSAFE"].map((group) => `${group} FLAGS`);
  t.deepEqual(titles, ["FLAGS", ...named]);
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
  for (const name of verbsOf("coffer")) t.is(text.match(new RegExp(`^ {3}${name} +\\S`, "gm"))?.length, 1, name);
  t.regex(text, /^begin with:\n {3}coffer sandbox -- CMD +\S/m);
  t.true(text.indexOf("   sandbox ") < text.indexOf("   run "));
});
