// docs/sandbox-comparison.md: what it says of Coffer has a test, which exists.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");
const page = read("docs/sandbox-comparison.md");
const [features = "", shown = ""] = page.split("## The tests");

const rowsOf = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));

test("every feature of Coffer names a test, and every test is named", (t) => {
  const [, , ...rows] = rowsOf(features);
  t.true(rows.length >= 25);
  const numbers = rows.flatMap(([feature = "", coffer = ""]) => {
    const [, number] = /\[(\d+)\]$/.exec(coffer) ?? [];
    if (number === undefined) t.regex(coffer, /^no$|^\[.*\.md\]\(.*\.md\)$/, feature);
    return number ?? [];
  });
  const given = rowsOf(shown).flatMap(([number = ""]) => (/^\d+$/.test(number) ? [number] : []));
  t.deepEqual(numbers, given);
});

test("every test that is named exists under its title", (t) => {
  const rows = rowsOf(shown).filter(([number = ""]) => /^\d+$/.test(number));
  for (const [, file = "", title = ""] of rows) t.true(read(file).toLowerCase().includes(title.toLowerCase()), title);
});

test("every row has a cell for each tool", (t) => {
  const [head = [], ...rows] = rowsOf(features);
  for (const row of rows) t.is(row.length, head.length, row[0]);
});
