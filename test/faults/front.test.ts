// The runtime's command itself is killed: nobody is there any more who could take anything back, but `delete --force`.
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Counts, Row, Sample } from "./kill-front.ts";
import { killVerb, kinds } from "./kill-front.ts";
import { writePart } from "./table.ts";

/** Of each row; FAULT_TRIES says more, FAULT_STEP has the others killed at each call of that many. */
const tries = Number(process.env.FAULT_TRIES ?? 6);
const step = process.env.FAULT_STEP === undefined ? undefined : Number(process.env.FAULT_STEP);

const rows: readonly Row[] = [
  { runtime: "coffer", verb: "create" },
  { runtime: "coffer", verb: "run" },
  { runtime: "coffer", verb: "start" },
  { runtime: "coffer", verb: "exec" },
  { runtime: "coffer", verb: "delete" },
  { runtime: "crun", verb: "create" },
  { runtime: "crun", verb: "run" },
  { runtime: "runc", verb: "create" },
  { runtime: "runc", verb: "run" },
];

const head = [
  `| runtime | verb | kernel calls | killed | \`delete --force\` failed | something left | ${kinds.join(" | ")} |`,
  `| --- | --- | ---: | ---: | ---: | ---: | ${kinds.map(() => "---:").join(" | ")} |`,
];

const done: string[] = [];

const lineOf = ({ runtime, verb }: Row, { calls, tries: made, ended, refused, leaks, left }: Counts): string => {
  const cells = [runtime, verb, calls, made - ended, refused, leaks, ...kinds.map((kind) => left[kind])];
  return `| ${cells.join(" | ")} |`;
};

function boxesOf(t: ExecutionContext, { verb }: Row): readonly [Box, ...Box[]] {
  const args = verb === "run" ? ["/probe", "exit", "0"] : ["/probe", "sleep", "1000"];
  const make = (): Box => makeBox(t, { "/process/args": args });
  return [make(), make(), make()];
}

for (const row of rows)
  test.serial(`${row.runtime} ${row.verb} is killed, and deleted`, async (t) => {
    t.timeout(3_600_000);
    const isOurs = row.runtime === "coffer";
    if (!(await needs(t, "root", ...(isOurs ? [] : [row.runtime])))) return;
    const boxes = boxesOf(t, row);
    const sample: Sample = isOurs || step === undefined ? { tries } : { step };
    const counts = await killVerb(row, boxes, sample);
    const line = lineOf(row, counts);
    t.log(`\n${[...head, line].join("\n")}`);
    done.push(line);
    // The others are there for comparison: what they leave is theirs.
    if (!isOurs) {
      t.pass();
      return;
    }
    t.is(counts.refused, 0);
    t.is(counts.leaks, 0);
    for (const box of boxes) await nothingLeft(t, box, box.before);
  });

test.serial("the outcomes are written down", (t) => {
  if (process.env.UPDATE_FAULTS === "1") writePart("fronts", [...head, ...done].join("\n"));
  t.pass();
});
