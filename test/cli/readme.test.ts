// The commands of README.md, as they stand there, but without a terminal: their shells read the end of input.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");

/** The lines behind `$ ` of a section. */
function commandsOf(text: string, title: string): readonly string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
  return [...section.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line);
}

const examplePolicy = (): string => /```json\n([\s\S]*?)```/.exec(read("docs/use/policy.md"))?.[1] ?? "";

test.serial("every command of README.md's section Use works", async (t) => {
  if (!(await needs(t, "root", "busybox"))) return;
  const box = makeBox(t);
  const work = join(box.base, "work");
  mkdirSync(work);
  writeFileSync(join(work, "allowed.json"), examplePolicy());
  const lines = commandsOf(read("README.md"), "Use");
  t.true(lines.length >= 15, lines.join("\n"));
  const coffer = [...cofferArgv(), "--root", box.state].map((word) => `'${word}'`).join(" ");
  const noTerminal = `sed -i 's/"terminal": true/"terminal": false/' mybundle/config.json`;
  const script = [
    `coffer() { ${coffer} "$@"; }`,
    ...lines.flatMap((line) => [line, ...(line.includes("coffer spec") ? [noTerminal] : [])]),
  ];
  writeFileSync(join(box.base, "script"), script.join("\n"));
  const output = join(box.base, "output");
  // A file: what a container in the background holds open is not waited for.
  const shell = `exec sh -ex ${box.base}/script >${output} 2>&1`;
  const { exitCode } = await command(["sh", "-c", shell], { cwd: work, timeoutMs: 240_000 });
  const told = readFileSync(output, "utf8");
  t.is(exitCode, 0, told);
  t.regex(told, /^uid=0\(root\)/m);
  t.regex(told, /^ok: create plan, /m);
  t.regex(told, /\bsleep 1000$/m);
  t.is(execFileSync("ls", ["made-inside"], { cwd: work, encoding: "utf8" }), "made-inside\n");
  await nothingLeft(t, box, box.before);
});
