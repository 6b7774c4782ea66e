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
import { checkEdits } from "./matrix/weaken.ts";
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

test("every record says when and where it was made, and of which runc and crun", (t) => {
  for (const name of ["matrix", "races"])
    for (const [id, { of }] of Object.entries(readRecorded(name)?.rows ?? {}))
      t.deepEqual(Object.keys(of ?? {}), ["date", "kernel", "runc", "crun"], `${id}: record it anew`);
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

test("every row that is tried fails under a control, or in a weakened build, or says how else it is known to fail", (t) => {
  const recorded = readRecorded("matrix")?.rows ?? {};
  const red = weakenedBuilds.flatMap((build) => build.red);
  const isControlled = ({ id }: Row): boolean =>
    red.includes(id) || recorded[id]?.verdicts.runc === "fails" || recorded[id]?.verdicts.crun === "fails";
  const tried = rows.filter(({ show }) => show.how === "attempt");
  t.deepEqual(
    tried.filter((row) => isControlled(row) === (row.alone !== undefined)).map(({ id }) => id),
    [],
  );
});

test("every fixture has a weakened build, and each names rows that there are", (t) => {
  const fixtures = new Set(weakenedBuilds.map(({ fixture }) => fixture));
  t.deepEqual([...fixtures].sort(), [
    "ADVERSARY",
    "CANARY",
    "ENOSYS",
    "FAKEPROC",
    "INSPECT",
    "RACER",
    "TRACE",
    "VERIFIER",
  ]);
  const known = ["trace", "plan", ...ids, ...races.map(({ name }) => `race: ${name}`)];
  t.deepEqual(
    weakenedBuilds.flatMap(({ red }) => red).filter((row) => !known.includes(row)),
    [],
  );
});

test("what each weakened build takes out is still there", (t) => {
  for (const { name, edits } of weakenedBuilds) t.notThrows(() => checkEdits(edits), name);
});

test("docs/security/defence.md is what the catalogue and the recorded runs say", (t) => {
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

/** A row as SECURITY.md names it: its group's letter, and words of its id. */
const isNamed = ({ id }: Row, letter: string, [, group, words = ""]: RegExpMatchArray): boolean =>
  group === letter && id.includes(words);

const namesIn = (text: string): readonly RegExpMatchArray[] => [...text.matchAll(/`([A-K]): ([^`]+)`/g)];

const securityNames = namesIn(read("SECURITY.md"));

/** The rows of the tables of SECURITY.md, but for their heads. */
const claims = read("SECURITY.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (Claim|Rule) \|/.test(line));

const rowsNamed = (text: string): readonly Row[] =>
  catalogue.flatMap(({ letter, rows: all }) =>
    all.filter((row) => namesIn(text).some((name) => isNamed(row, letter, name))),
  );

test("SECURITY.md names rows that there are", (t) => {
  const wrong = securityNames.filter(
    (name) => !catalogue.some(({ letter, rows: all }) => all.some((row) => isNamed(row, letter, name))),
  );
  t.deepEqual(
    wrong.map(([text]) => text),
    [],
  );
});

test("SECURITY.md names every group, and every row in which coffer fails", (t) => {
  const groups = new Set(securityNames.map(([, letter]) => letter));
  t.deepEqual(
    catalogue.map(({ letter }) => letter).filter((letter) => !groups.has(letter)),
    [],
  );
  const named = rowsNamed(read("SECURITY.md"));
  t.deepEqual(
    rows.filter((row) => row.let !== undefined && !named.includes(row)).map(({ id }) => id),
    [],
  );
});

test("every claim of SECURITY.md names a row, and every rule one that is kept out by it", (t) => {
  t.true(claims.length > 20);
  const bare = claims.filter((line) => {
    const [, rule] = /^\| (R\d+) \|/.exec(line) ?? [];
    return !rowsNamed(line).some((row) => rule === undefined || row.rules.some((name) => name === rule));
  });
  t.deepEqual(bare, []);
});

test("a row that coffer refuses says why, and no other does", (t) => {
  const recorded = readRecorded("matrix")?.rows ?? {};
  const wrong = rows.filter(({ id, show }) => {
    if (show.how !== "attempt") return false;
    const isRefused = recorded[id]?.notes.coffer?.startsWith("refused") ?? false;
    return isRefused !== (show.attempt.because !== undefined);
  });
  t.deepEqual(
    wrong.map(({ id }) => id),
    [],
  );
});

test("every row that says it is shown elsewhere on another machine names the test", (t) => {
  t.deepEqual(
    rows.filter(({ show }) => show.how === "guest" && show.file === undefined).map(({ id }) => id),
    [],
  );
});
