// docs/security/faults.md: op × fault → what came of it.
import { readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { OpName } from "../../packages/core/src/wire/tables/op-table.ts";
import { opTable } from "../../packages/core/src/wire/tables/op-table.ts";
import { repository } from "../helpers/build.ts";
import type { Column } from "./columns.ts";
import { columns } from "./columns.ts";
import type { StageRuns } from "./matrix.ts";
import { outcomeOf } from "./outcome.ts";

const file = join(repository, "docs/security/faults.md");

/** Ops that no plan of the set has, and what those need that have one, which run in a guest (./guest-stages.ts). */
export const unreachable: Partial<Record<OpName, string>> = {
  "open-label": "a kernel with AppArmor, as if it were older than 6.8",
  "set-label": "a kernel with AppArmor",
  "expect-initramfs": "a host whose root is an initramfs",
  "enter-tree": "a host whose root is an initramfs",
  "allow-port": "a plan of another caller: no verb allows a port (test/helper/landlock.test.ts)",
  hold: "a plan of the API's pool: no verb holds a container (test/helper/hold.test.ts)",
};

/** Those of them that no plan of a guest has either. */
export const ofOtherCallers: readonly OpName[] = ["allow-port", "hold"];

/** What came of a fault at an op, over all plans: nothing where no plan has that. */
function cellOf(all: readonly StageRuns[], name: OpName, column: Column): string {
  const found = new Set<string>();
  for (const { runs, noInit } of all) {
    for (const run of runs) if (run.op.op === name && run.column === column) found.add(outcomeOf(run) ?? "?");
    for (const job of noInit) if (job.plan.ops[job.index]?.op === name && job.column === column) found.add("no init");
  }
  return [...found].sort().join(", ");
}

/** How many places of the plans an op was hit at. */
function placesOf(all: readonly StageRuns[], name: OpName): number {
  const places = new Set<string>();
  for (const { stage, runs } of all)
    for (const run of runs) if (run.op.op === name) places.add(`${stage.name} ${run.index} ${run.plan.kind}`);
  return places.size;
}

const names = (): readonly OpName[] => {
  const found: OpName[] = [];
  for (const name in opTable) if (isName(name)) found.push(name);
  return found;
};

const isName = (name: string): name is OpName => name in opTable;

export type TableRow = { readonly name: OpName; readonly places: number; readonly cells: readonly string[] };

/** The ops that the plans of this machine have. */
const reachable = (): readonly OpName[] => names().filter((name) => unreachable[name] === undefined);

export function rowsOf(all: readonly StageRuns[], of: readonly OpName[] = reachable()): readonly TableRow[] {
  return of.map((name) => ({
    name,
    places: placesOf(all, name),
    cells: columns.map((column) => cellOf(all, name, column)),
  }));
}

/** Places of the table that nothing was put at. */
export function holesOf(rows: readonly TableRow[]): readonly string[] {
  return rows.flatMap(({ name, cells }) =>
    cells.flatMap((cell, index) => (cell === "" ? [`${name} × ${columns[index]?.name}`] : [])),
  );
}

export function printTable(rows: readonly TableRow[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["op", "places", ...columns.map(({ name }) => name)]),
    line(["---", "---:", ...columns.map(() => "---")]),
    ...rows.map(({ name, places, cells }) => line([`\`${name}\``, places, ...cells])),
  ].join("\n");
}

const mark = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- end of ${name} -->`];

/** Puts a generated part into the page. */
export function writePart(name: string, text: string, kernel = `Linux ${release()}`): void {
  const [begin, end] = mark(name);
  const page = readFileSync(file, "utf8");
  const [before = "", rest = ""] = page.split(begin);
  const after = rest.slice(rest.indexOf(end));
  const when = `${new Date().toISOString().slice(0, 10)}, ${kernel}`;
  writeFileSync(file, `${before}${begin}\n\n${when}\n\n${text}\n\n${after}`);
}
