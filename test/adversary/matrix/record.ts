// Recorded runs. `node test/adversary/matrix/record.ts FILE…`: makes the record of the files that main.ts has written, and
// docs/security/adversary.md of that.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { repository } from "../../helpers/build.ts";
import { versionOf } from "../../helpers/peers/peers.ts";
import { documentPath, renderAdversary } from "./document.ts";
import type { Cell, Recorded } from "./types.ts";

const folder = join(repository, "test/adversary/recorded");
const command = "node --conditions=@coffer/source test/adversary/matrix/main.ts --out FILE";

/** The record of attackers inside. */
export function readRecorded(): Recorded | undefined {
  const file = join(folder, "inside.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

const cellsOf = (file: string): readonly Cell[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .flatMap((line): readonly Cell[] => JSON.parse(line));

async function record(files: readonly string[]): Promise<void> {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: repository, encoding: "utf8" }).trim();
  const recorded: Recorded = {
    date: new Date().toISOString().slice(0, 10),
    command,
    kernel: release(),
    versions: { coffer: commit, runc: (await versionOf("runc")) ?? "none", crun: (await versionOf("crun")) ?? "none" },
    cells: files.flatMap(cellsOf),
  };
  const rows = recorded.cells.map((cell) => `    ${JSON.stringify(cell)}`).join(",\n");
  const { cells: _cells, ...head } = recorded;
  const text = `${JSON.stringify(head, null, 2).replace(/\n\}$/, "")},\n  "cells": [\n${rows}\n  ]\n}\n`;
  writeFileSync(join(folder, "inside.json"), text);
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.slice(2);
  if (files.length > 0) await record(files);
  writeFileSync(documentPath, renderAdversary(readRecorded()));
}
