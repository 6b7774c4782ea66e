// The score of each folder, as it is printed and kept in docs/testing.md.
import { readFileSync, writeFileSync } from "node:fs";
import type { Mutant } from "./changes.ts";

const begin = "<!-- mutants -->";
const end = "<!-- /mutants -->";

type Row = readonly [folder: string, found: number, mutants: number, sample: string];

const print = ([folder, found, mutants, sample]: Row): string =>
  `| \`${folder}\` | ${mutants}${sample} | ${found} | ${((100 * found) / Math.max(1, mutants)).toFixed(0)} % |`;

/** Writes the rows of the folders that were tried into the table of a document; returns them. */
export function recordScores(
  file: string,
  mutants: readonly Mutant[],
  survivors: readonly Mutant[],
  sample: string | undefined,
): readonly string[] {
  const folders = [...new Set(mutants.map(({ folder }) => folder))];
  const rows = folders.map((folder) => {
    const all = mutants.filter((mutant) => mutant.folder === folder).length;
    const left = survivors.filter((mutant) => mutant.folder === folder).length;
    return print([folder, all - left, all, sample === undefined ? "" : " (a sample)"]);
  });
  const text = readFileSync(file, "utf8");
  const [before = "", rest = ""] = text.split(begin);
  const [table = "", after = ""] = rest.split(end);
  const kept = table.split("\n").filter((line) => line.startsWith("| `"));
  const isNew = (line: string): boolean => folders.some((folder) => line.startsWith(`| \`${folder}\` `));
  const lines = [...kept.filter((line) => !isNew(line)), ...rows].sort();
  const head = "| Folder | Mutants | Found | Score |\n|---|---|---|---|";
  if (rest !== "") writeFileSync(file, `${before}${begin}\n${head}\n${lines.join("\n")}\n${end}${after}`);
  return rows;
}
