// What a list of layers comes to: a table, and lists of names that nobody would choose.
import test from "ava";
import * as fc from "fast-check";
import { changesOf, printChanges } from "./changes.ts";
import type { LayerRecord } from "./records.ts";
import { readRecords } from "./records.ts";

const object = (kind: string, mode = 0o644, changed = 1) => `${kind},7,${mode},0,0,3,8,1,5,${changed}`;
const list = (...rows: readonly (readonly [path: string, state: string, target?: string])[]): string =>
  `${rows.map(([path, state, target = ""]) => `${path}\0${state}\0${target}\0`).join("")}\0end\0\0`;

/** The lines of one record, which the host has changed at 1 if at all. */
const lines = (state: string, target = ""): string =>
  printChanges(changesOf(readRecords(list(["a", state, target])) ?? [], 1n), "text");

const rows: readonly (readonly [title: string, state: string, line: string, target?: string])[] = [
  ["a new file", `. ${object("f")} -`, "added    file      a"],
  ["a new program", `. ${object("f", 0o6755)} -`, "added    file      a (mode 6755)"],
  ["a new directory for all", `. ${object("d", 0o777)} -`, "added    directory a/ (mode 0777)"],
  ["a new directory", `. ${object("d")} -`, "added    directory a/"],
  ["a new link", `. ${object("l")} -`, "added    link      a -> $'b\\x1b[31m'", "b\u001b[31m"],
  ["other content", `. ${object("f")} ${object("f")}`, "changed  file      a"],
  ["the same content", `= ${object("f")} ${object("f")}`, ""],
  ["other bits", `= ${object("f", 0o755)} ${object("f")}`, "mode     file      a (0644 to 0755)"],
  ["content and bits", `. ${object("f", 0o4755)} ${object("f")}`, "changed  file      a (0644 to 4755)"],
  ["a directory that has something changed in it", `. ${object("d")} ${object("d")}`, ""],
  ["another kind", `. ${object("l")} ${object("d")}`, "changed  link      a -> x (was a directory)", "x"],
  ["nothing any more", `g - ${object("f")}`, "deleted  file      a"],
  ["a directory no more", `g - ${object("d")}`, "deleted  directory a/ (0 names in it)"],
  [
    "a file that the host has changed",
    `. ${object("f")} ${object("f", 0o644, 2)}`,
    "changed  file      a (the host has changed it since)",
  ],
  ["a pipe", `. ${object("p")} -`, "added    fifo      a"],
  ["a device", `. ${object("b")} -`, "added    block     a"],
  ["what cannot be read", `! ${object("d")} -`, "unknown  directory a/ (it cannot be read)"],
  ["too many levels", `D ${object("d")} -`, "unknown  directory a/ (its directories are nested too deep)"],
  [
    "strange attributes",
    `x! ${object("d")} -`,
    "unknown  directory a/ (it has attributes of overlays that nobody here knows)",
  ],
];
for (const [title, state, line, target] of rows) test(title, (t) => t.is(lines(state, target), line));

test("what was in a deleted directory is counted there", (t) => {
  const dir = `g - ${object("d")}`;
  const file = `g - ${object("f")}`;
  const text = list(["d", dir], ["d/a", file], ["d/e", dir], ["d/e/b", file], ["da", file], ["e", dir], ["e/a", file]);
  const changes = changesOf(readRecords(text) ?? [], 1n);
  t.deepEqual(
    changes.map(({ path, names }) => [path, names]),
    [
      ["d", 3],
      ["da", undefined],
      ["e", 1],
    ],
  );
});

test("a list that is not whole is none", (t) => {
  const whole = list(["a", `. ${object("f")} -`]);
  t.is(readRecords(whole)?.length, 1);
  for (const text of ["", "\0", whole.slice(0, -1), whole.slice(0, -6), `${whole}a\0`, whole.slice(2)])
    t.is(readRecords(text), undefined, JSON.stringify(text));
});

const name = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
const layer = fc.option(
  fc.record({
    kind: fc.constantFrom("file", "directory", "link", "fifo", "char"),
    mode: fc.nat(0o7777),
    inode: fc.constant("1"),
    uid: fc.nat(),
    gid: fc.nat(),
    size: fc.constant("0"),
    links: fc.nat(3),
    modified: fc.constant("1"),
    changed: fc.nat(2).map(String),
  }),
  { nil: undefined },
);
const record: fc.Arbitrary<LayerRecord> = fc.record({
  path: name,
  upper: layer,
  lower: layer,
  target: name,
  isSame: fc.boolean(),
  isMount: fc.boolean(),
  fault: fc.constant(undefined),
});

test("no name makes a line of its own, or moves the cursor", (t) => {
  const isPlain = (text: string): boolean => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      const changes = changesOf(
        records.filter(({ upper, lower }) => upper !== undefined || lower !== undefined),
        1n,
      );
      const text = printChanges(changes, "text");
      t.is(text === "" ? 0 : text.split("\n").length, changes.length);
      t.true(isPlain(text), JSON.stringify(text));
      const json = printChanges(changes, "json");
      t.true(isPlain(json.replaceAll("\t", "")), JSON.stringify(json));
      t.deepEqual(JSON.parse(json).length, changes.length);
    }),
  );
});
