// The C units of the helper, under the sanitizers of the compiler: one line of theirs is one assertion here.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { programs, repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";

const source = join(repository, "helper-c");
const cache = join(repository, "test", ".cache");

// main.c has the entry point, which serve.c goes on with; the others are included by their tests, which reach into them.
const left: ReadonlySet<string> = new Set([
  "plan/wasm.c",
  "launch/main.c",
  "launch/serve.c",
  "cgroup/kill.c",
  "launch/host.c",
  "launch/parent.c",
  "launch/report.c",
]);

const files = ["test", ...programs.launcher].flatMap((folder) =>
  readdirSync(join(source, folder))
    .map((name) => `${folder}/${name}`)
    .filter((name) => name.endsWith(".c") && !left.has(name)),
);

// Of the satellite what reads the words of strangers.
files.push("satellite/criu-answer.c", "satellite/bus-message.c");

const flags = ["-std=gnu11", "-g", "-O1", "-ffreestanding", "-fno-strict-aliasing", "-Wall", "-Wextra", "-I."];
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

function build(name: string): string {
  mkdirSync(cache, { recursive: true });
  const output = join(cache, `${name}-${process.pid}`);
  execFileSync("gcc", [...flags, ...sanitizers, ...files, "-o", output], { cwd: source, stdio: "inherit" });
  return output;
}

test.serial("the units", async (t) => {
  if (!(await needs(t, "gcc"))) return;
  const program = build("unit");
  const directory = mkdtempSync(join(tmpdir(), "cft-unit-"));
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true });
    rmSync(program, { force: true });
  });
  const outcome = await command([program, directory]);
  const lines = outcome.stdout.trimEnd().split("\n");
  for (const line of lines) t.true(line.startsWith("ok "), line);
  t.true(lines.length > 150, `${lines.length} checks`);
  t.is(outcome.stderr, "");
  t.is(outcome.exitCode, 0);
});
