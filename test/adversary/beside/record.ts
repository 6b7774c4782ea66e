// Where cells are kept: test/adversary/recorded/neighbours.json, when COFFER_RECORD is set. `node record.ts` makes the page.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { repository } from "../../helpers/build.ts";
import type { Cell } from "./types.ts";

/** A run of the table. */
export type Recorded = {
  readonly date: string;
  readonly command: string;
  readonly kernel: string;
  /** Of coffer the commit. */
  readonly versions: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
};

export const recordFile = join(repository, "test/adversary/recorded/neighbours.json");
export const recordCommand = "COFFER_FRONT=native COFFER_RECORD=1 npx ava --serial 'test/adversary/beside/*.test.ts'";

const keyOf = ({ attacker, verb, as, runtime }: Cell): string => [attacker, verb, as, runtime].join(" | ");

const firstLine = (file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { encoding: "utf8" }).split("\n")[0] ?? "";

/** Adds a cell to the record, in the place of an earlier one of the same attack. */
export function record(cell: Cell): void {
  if (process.env.COFFER_RECORD === undefined) return;
  const known: readonly Cell[] = existsSync(recordFile) ? JSON.parse(readFileSync(recordFile, "utf8")).cells : [];
  const cells = [...known.filter((one) => keyOf(one) !== keyOf(cell)), cell].sort((a, b) =>
    keyOf(a).localeCompare(keyOf(b)),
  );
  const whole: Recorded = {
    date: new Date().toISOString().slice(0, 10),
    command: recordCommand,
    kernel: release(),
    versions: {
      coffer: firstLine("git", "-C", repository, "rev-parse", "--short", "HEAD"),
      runc: firstLine("runc", "--version"),
      crun: firstLine("crun", "--version"),
    },
    cells,
  };
  mkdirSync(dirname(recordFile), { recursive: true });
  const rows = cells.map((one) => `    ${JSON.stringify(one)}`).join(",\n");
  const { cells: _cells, ...origin } = whole;
  const text = `${JSON.stringify(origin, null, 2).replace(/\n\}$/, "")},\n  "cells": [\n${rows}\n  ]\n}\n`;
  writeFileSync(`${recordFile}.new`, text);
  renameSync(`${recordFile}.new`, recordFile);
}

/** The page that is made of the record. */
export const pageFile = join(repository, "docs/security/adversary-beside.md");

const head = [
  "# Attackers beside the caller",
  "",
  "Another local user, a hostile project directory, a hostile environment and a machine at its limits, while a verb runs. The tests are in",
  "`test/adversary/beside`; `npm test` runs a sample, the nightly tests run all of it. This page is generated from a recorded run.",
  "",
  "- *Exchanges*: another user owns the parent of what a flag names, and exchanges it with `renameat2(RENAME_EXCHANGE)` in a loop. The flags are those of the verb table.",
  "- *Has put*: another user has put something odd where a file, a directory or a socket is expected.",
  "- *The sandbox before left*: an earlier sandbox of the tree has put something at the name that a flag gives, or on the way to it.",
  "  Recorded on 2026-12-02 with the fix of [advisory 0026](../advisories/0026-files-behind-links.md).",
  "- Other rows surround every verb with a hostile environment, project directory or machine.",
  "",
  "A cell is held if all of these are true:",
  "",
  "- Each run ended in time, with the right result or with one line that says what is wrong.",
  "- Nothing in a 0700 directory of the caller changed or was printed.",
  "- No program of the attacker ran.",
  "- No process, cgroup or state was left.",
  "",
  "*Right* counts the runs that did what the verb is for. *Refused* counts the runs that said why they did not.",
  "",
].join("\n");

/** The cells of an attacker, summed for a caller. */
function sum(cells: readonly Cell[], as: Cell["as"]): string {
  const own = cells.filter((cell) => cell.as === as);
  if (own.length === 0) return "–";
  const total = (how: string): number => own.reduce((count, { results }) => count + (results[how] ?? 0), 0);
  const lost = own.filter(({ held }) => !held);
  const verdict = lost.length === 0 ? "held" : `**lost**: ${lost.map(({ verb }) => verb).join(", ")}`;
  return `${verdict} (${own.length} verbs; ${total("right")} right, ${total("refused")} refused)`;
}

/** The page that a record makes. */
export function makePage({ date, command, kernel, versions, cells }: Recorded): string {
  const attackers = [...new Set(cells.map(({ attacker }) => attacker))];
  const runs = cells.reduce((count, cell) => count + cell.runs, 0);
  const held = cells.filter((cell) => cell.held).length;
  const rows = attackers.map((attacker) => {
    const own = cells.filter((cell) => cell.attacker === attacker);
    return `| ${attacker.replaceAll("|", "\\|")} | ${own[0]?.rights} | ${sum(own, "root")} | ${sum(own, "user")} |`;
  });
  return [
    head,
    `Recorded on ${date}, Linux ${kernel}, coffer ${versions.coffer}, by \`${command}\`: ${cells.length} cells, ${held} held, ${runs} runs.\n`,
    "| Attacker | Rights | root calls | an ordinary user calls |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** The page that is due; undefined where nothing was recorded. */
export function duePage(): string | undefined {
  return existsSync(recordFile) ? makePage(JSON.parse(readFileSync(recordFile, "utf8"))) : undefined;
}

if (process.argv[1] === import.meta.filename) writeFileSync(pageFile, duePage() ?? "");
