// The catalogue is whole and true: each row has its test, each pointer an aim, and the document is what both make.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { classes } from "../../packages/core/src/audit/classes.ts";
import { repository } from "../helpers/build.ts";
import { catalogue } from "./catalogue.ts";
import { renderDefence } from "./matrix/document.ts";
import { documentPath, readRecorded } from "./matrix/recorded.ts";
import type { Row } from "./matrix/types.ts";
import { races } from "./races.ts";
import { weakenedBuilds } from "./weakened.ts";

const rows = catalogue.flatMap((group) => group.rows);
const ids = rows.map((row) => row.id);
const read = (path: string): string => readFileSync(join(repository, path), "utf8");

/** What is wrong with a row. */
function faults({ id, by, show, rules }: Row): readonly string[] {
  const missing = by.filter((file) => !existsSync(join(repository, file))).map((file) => `${id}: there is no ${file}`);
  const none = rules.length === 0 ? [`${id}: by no rule`] : [];
  const isShown = show.how === "attempt" || show.how === "race" || show.how === "impossible" || show.how === "test";
  const unkept = by.length === 0 && isShown ? [`${id}: names no file that keeps it out`] : [];
  if (show.how === "race" && !races.some(({ name }) => name === show.race))
    return [`${id}: there is no race ${show.race}`];
  const { file, title } = { file: undefined, title: undefined, ...show };
  const aim =
    file === undefined || title === undefined || read(file).includes(title) ? [] : [`${id}: ${file} has no ${title}`];
  return [...missing, ...none, ...unkept, ...aim];
}

test("every row is whole, and what it points at is there", (t) => {
  t.deepEqual(rows.flatMap(faults), []);
});

test("no row is there twice", (t) => {
  t.deepEqual(ids, [...new Set(ids)]);
});

test("every row that is tried has been recorded, and nothing else", (t) => {
  const tried = rows.filter(({ show }) => show.how === "attempt").map(({ id }) => id);
  t.deepEqual(Object.keys(readRecorded("matrix")?.rows ?? {}), tried);
  t.deepEqual(
    Object.keys(readRecorded("races")?.rows ?? {}),
    races.map(({ name }) => name),
  );
});

test("coffer holds in every recorded row but those that say why not", (t) => {
  const recorded = [
    ...Object.entries(readRecorded("matrix")?.rows ?? {}),
    ...Object.entries(readRecorded("races")?.rows ?? {}),
  ];
  const failed = recorded.filter(([, { verdicts }]) => verdicts.coffer !== "held").map(([id]) => id);
  t.deepEqual(
    failed,
    rows.filter((row) => row.let !== undefined).map(({ id }) => id),
  );
});

test("every control fails somewhere: no fixture holds whatever it is given", (t) => {
  const recorded = Object.values(readRecorded("matrix")?.rows ?? {});
  for (const name of ["runc", "crun"] as const)
    t.true(
      recorded.some(({ verdicts }) => verdicts[name] === "fails"),
      name,
    );
});

test("every fixture has a weakened build, and each names rows that there are", (t) => {
  const fixtures = new Set(weakenedBuilds.map(({ fixture }) => fixture));
  t.deepEqual([...fixtures].sort(), ["CANARY", "ENOSYS", "FAKEPROC", "INSPECT", "RACER", "TRACE", "VERIFIER"]);
  const known = ["trace", "plan", ...ids, ...races.map(({ name }) => `race: ${name}`)];
  t.deepEqual(
    weakenedBuilds.flatMap(({ red }) => red).filter((row) => !known.includes(row)),
    [],
  );
});

test("docs/defence.md is what the catalogue and the recorded runs say", (t) => {
  t.is(readFileSync(documentPath, "utf8"), renderDefence(), "UPDATE_DEFENCE=1 npx ava test/defence");
});

test("the classes of the audit are of the catalogue", (t) => {
  const wrong = Object.keys(classes).filter((name) => {
    const group = catalogue.find(({ letter }) => name.startsWith(`${letter} `));
    const numbers = name.match(/\d{4}-\d{4,}/g) ?? [];
    return !numbers.every((number) => group?.rows.some(({ id }) => id.includes(number)));
  });
  t.deepEqual(wrong, []);
});

test("SECURITY.md names rows that there are", (t) => {
  const cited = [...read("SECURITY.md").matchAll(/`([A-I]): ([^`]+)`/g)];
  t.true(cited.length > 20);
  const wrong = cited.filter(
    ([, letter, words = ""]) =>
      !catalogue.some((group) => group.letter === letter && group.rows.some((row) => row.id.includes(words))),
  );
  t.deepEqual(
    wrong.map(([text]) => text),
    [],
  );
});
