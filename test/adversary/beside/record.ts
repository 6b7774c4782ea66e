// Where cells are kept: test/adversary/recorded/beside.json, when COFFER_RECORD is set.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

export const recordFile = join(repository, "test/adversary/recorded/beside.json");
export const recordCommand = "COFFER_RECORD=1 npx ava --serial 'test/adversary/beside/*.test.ts'";

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
  writeFileSync(recordFile, `${JSON.stringify(whole, null, 1)}\n`);
}
