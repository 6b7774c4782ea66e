// docs/security/adversary.md is what its tables and records say, and no cell of coffer is lost in them.
import { readFileSync } from "node:fs";
import test from "ava";
import { checkEdits } from "../defence/matrix/weaken.ts";
import { attackers } from "./matrix/attackers.ts";
import { documentPath, renderAdversary } from "./matrix/document.ts";
import { readRecorded } from "./matrix/record.ts";
import { weakenings } from "./matrix/weakenings.ts";

test("docs/security/adversary.md is generated: node test/adversary/matrix/record.ts", (t) => {
  t.is(readFileSync(documentPath, "utf8"), renderAdversary(readRecorded()));
});

test("coffer has lost no recorded cell", (t) => {
  const cells = readRecorded()?.cells ?? [];
  t.deepEqual(
    cells.filter((cell) => cell.runtime === "coffer" && !cell.held),
    [],
  );
});

test("each attacker has a weakened build, whose edits apply", (t) => {
  const missing = attackers.filter(({ name }) => !weakenings.some(({ attacker }) => attacker === name));
  t.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
  for (const { edits } of weakenings) checkEdits(edits);
});
