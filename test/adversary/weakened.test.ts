// Each attacker turns its cells red with a weakened build: else what holds shows nothing.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { buildWeakened } from "../defence/matrix/weaken.ts";
import { buildProgram, repository, tools } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import type { Cell } from "./matrix/types.ts";
import type { Weakening } from "./matrix/weakenings.ts";
import { weakenings } from "./matrix/weakenings.ts";

const main = join(repository, "test/adversary/matrix/main.ts");

const turnsRed = test.macro({
  exec: async (t, { attacker, rights, verb, edits, lost, onTerminal = false }: Weakening) => {
    t.timeout(600_000);
    if (!(await needs(t, "root", "gcc", "userns", "cgroup-v1"))) return;
    // The other process has no directory for zig.
    buildProgram("test/adversary/program");
    const folder = mkdtempSync(join(tmpdir(), "cft-weak-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const out = join(folder, "cells");
    const { helper, nodeArguments = [] } = edits.length === 0 ? {} : buildWeakened(edits);
    const flags = ["--attacker", attacker, "--rights", rights, "--verbs", verb, "--rounds", "60", "--until-lost"];
    const terminal = onTerminal ? [tools(), "pty", "24x80", "--"] : [];
    const words = [
      ...terminal,
      process.execPath,
      "--conditions=@coffer/source",
      ...nodeArguments,
      main,
      ...flags,
      "--out",
      out,
    ];
    const env = helper === undefined ? {} : { COFFER_HELPER: helper };
    const { stdout, stderr } = await command(words, { env, timeoutMs: 300_000 });
    t.true(existsSync(out), stdout + stderr);
    const cells: readonly Cell[] = readFileSync(out, "utf8")
      .trim()
      .split("\n")
      .flatMap((line) => JSON.parse(line));
    t.regex(cells.flatMap((cell) => cell.lost ?? []).join("; "), lost, stdout);
  },
  title: (_provided, { attacker, name }: Weakening) => `${attacker}: ${name}`,
});

for (const weakening of weakenings) test.serial(turnsRed, weakening);
