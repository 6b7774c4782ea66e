// What the peers have answered is kept for one bundle and one version, and a majority decides.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { has } from "../helpers/needs.ts";
import type { Answer } from "../helpers/peers/peer-record.ts";
import { hashOf, majority, openPeerRecord } from "../helpers/peers/peer-record.ts";

const rows: readonly (readonly [title: string, answers: readonly Answer[], expected: Answer])[] = [
  ["one answer", [{ a: "1" }], { a: "1" }],
  [
    "two of three",
    [
      { a: "1", b: "1" },
      { a: "2", b: "1" },
      { a: "2", b: "3" },
    ],
    { a: "2", b: "1" },
  ],
  ["a fact that most do not have", [{ a: "1", b: "1" }, { a: "1" }, { a: "1" }], { a: "1" }],
  ["no majority: the first", [{ a: "1" }, { a: "2" }, { a: "3" }], { a: "1" }],
  ["one that failed", [{ a: "1" }, "it failed", { a: "1" }], { a: "1" }],
  ["two that failed", [{ a: "1" }, "it failed", "again"], "it failed"],
];

for (const [title, answers, expected] of rows)
  test(`of the answers of a peer: ${title}`, (t) => t.deepEqual(majority(answers), expected));

test("an answer is recorded, and read for the same bundle alone", async (t) => {
  if (!(await has("runc"))) return void t.pass();
  const directory = mkdtempSync(join(tmpdir(), `cft-${process.pid}-d`));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "peers.json");
  const asked: string[] = [];
  const ask = (...answers: readonly Answer[]) => {
    const left = [...answers];
    return () => {
      asked.push("runc");
      return Promise.resolve(left.shift() ?? "no more");
    };
  };
  const first = openPeerRecord(file);
  const base = { title: "base", bundle: hashOf("base") };
  const other = { title: "other", bundle: hashOf("other") };
  t.is(await first.read("runc", base), undefined);
  t.deepEqual(await first.ask("runc", base, ask({ a: "1", b: "2" }, { a: "1", b: "2" })), { a: "1", b: "2" });
  t.is(asked.length, 2, "two answers that agree are enough");
  t.deepEqual(await first.ask("runc", other, ask({ a: "1" }, { a: "1", c: "3" }, { a: "1", c: "3" })), {
    a: "1",
    c: "3",
  });
  t.is(asked.length, 5, "a third answer decides");
  first.write(["base", "other"]);

  const second = openPeerRecord(file);
  t.deepEqual(await second.read("runc", base), { a: "1", b: "2" });
  t.deepEqual(await second.read("runc", other), { a: "1", c: "3" });
  t.is(await second.read("runc", { ...other, bundle: hashOf("changed") }), undefined);
  t.is(await second.read("crun", other), undefined);
  await second.ask("runc", other, ask({ a: "1", c: "3" }));
  t.is(asked.length, 6, "one answer that is the recorded one is enough");
  second.write(["base", "other"]);
  t.deepEqual(await openPeerRecord(file).read("runc", other), { a: "1", c: "3" });
  second.write(["base"]);
  t.false(readFileSync(file, "utf8").includes("other"), "a row that is gone");
});
