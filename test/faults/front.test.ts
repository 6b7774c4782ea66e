// The runtime's command itself is killed: nobody is there any more who could take anything back, but `delete --force`.
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Counts, Row } from "./kill-front.ts";
import { killVerb } from "./kill-front.ts";
import { writePart } from "./table.ts";

/** Of each row; FAULT_TRIES says more. */
const tries = Number(process.env.FAULT_TRIES ?? 6);

const rows: readonly Row[] = [
  { runtime: "coffer", verb: "create" },
  { runtime: "coffer", verb: "start" },
  { runtime: "coffer", verb: "exec" },
  { runtime: "coffer", verb: "delete" },
  { runtime: "crun", verb: "create" },
  { runtime: "runc", verb: "create" },
];

const done: string[] = [];

const lineOf = ({ runtime, verb }: Row, { ended, refused, leaks, left }: Counts): string =>
  `| ${runtime} | ${verb} | ${tries} | ${tries - ended} | ${refused} | ${leaks} | ${[...left].sort().join(", ")} |`;

const told = (row: Row, { ended, refused, leaks, left }: Counts): string =>
  `${row.runtime} ${row.verb}: ${tries} tries, ${ended} ended before, delete refused ${refused}, left ${leaks} ${[...left]}`;

for (const row of rows)
  test.serial(`${row.runtime} ${row.verb} is killed, and deleted`, async (t) => {
    t.timeout(3_600_000);
    if (!(await needs(t, "root", ...(row.runtime === "coffer" ? [] : [row.runtime])))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
    const counts = await killVerb(row, box, tries);
    t.log(told(row, counts));
    done.push(lineOf(row, counts));
    // The others are there for comparison: what they leave is theirs.
    if (row.runtime !== "coffer") {
      t.pass();
      return;
    }
    t.deepEqual(told(row, counts), told(row, { ...counts, refused: 0, leaks: 0, left: new Set() }));
    await nothingLeft(t, box, box.before);
  });

test.serial("the outcomes are written down", (t) => {
  const head = [
    "| runtime | verb | tries | killed | `delete --force` failed | something left | what |",
    "| --- | --- | ---: | ---: | ---: | ---: | --- |",
  ];
  if (process.env.UPDATE_FAULTS === "1") writePart("fronts", [...head, ...done].join("\n"));
  t.pass();
});
