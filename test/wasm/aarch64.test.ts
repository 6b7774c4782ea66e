// Programs for aarch64, run by qemu: an initialiser, with and without imports, and traps.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@coffer/core";
import { loadModule } from "@coffer/core/wasm";
import type { ExecutionContext } from "ava";
import test from "ava";
import { compileWords } from "../../packages/core/src/wasm/build/compile.ts";
import { shimDir } from "../../packages/core/src/wasm/build/places.ts";
import { findTools } from "../../packages/core/src/wasm/build/tools.ts";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir } from "./module.ts";

const arch = "aarch64";
const qemu = "qemu-aarch64";
const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "wasm2c", qemu);

/** The tools of this machine, which compile for the other one. */
function toolsFor() {
  const tools = findTools(openRuntime().system, process.arch === "arm64" ? arch : "x86_64");
  return { ...tools, compiler: tools.compiler.map((word) => word.replace(/^\w+-linux-none$/, `${arch}-linux-none`)) };
}

/** Compiles a module: its initialiser is run by qemu. */
function compileFor(
  t: ExecutionContext,
  module: string,
  options: { readonly init?: true; readonly initWasi?: true },
): string {
  const base = emptyDir(t);
  const home = join(base, "home");
  mkdirSync(home);
  for (const name of ["compile.sh", "entry.c", "answers.c", "include", `libwasi-${arch}.a`])
    symlinkSync(join(shimDir(), name), join(home, name));
  const script = readFileSync(join(shimDir(), "snapshot.sh"), "utf8");
  const emulated = script.replace("exec ./capture", `exec ${qemu} ./capture`);
  t.not(emulated, script);
  writeFileSync(join(home, "snapshot.sh"), emulated);
  const { bytes, command } = loadModule(openRuntime(), module, options);
  const words = compileWords(toolsFor(), home, command, { checked: false, tier: "best", arch });
  const env = { ...process.env, TMPDIR: base };
  const made = spawnSync("/bin/sh", [join(home, "compile.sh"), ...words], { input: bytes, env, maxBuffer: 2 ** 28 });
  t.is(made.status, 0, made.stderr.toString());
  writeFileSync(join(base, "program"), made.stdout, { mode: 0o755 });
  return join(base, "program");
}

const run = (program: string, ...words: readonly string[]) =>
  spawnSync(qemu, [program, "65536", "0", "module", ...words], { encoding: "utf8", input: "input\n" });

test.serial("a program for aarch64 does with a snapshot what it does without", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const module = buildModule("heavy");
  const plain = run(compileFor(t, module, {}), "one", "two");
  const kept = run(compileFor(t, module, { init: true }), "one", "two");
  t.regex(kept.stdout, /^\d+ word \d+ many one input\n/);
  t.deepEqual([kept.stdout, kept.stderr, kept.status], [plain.stdout, plain.stderr, 3]);
});

test.serial("an initialiser for aarch64 may call imports", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { stdout, status } = run(compileFor(t, buildModule("prepared"), { init: true, initWasi: true }));
  t.true(stdout.startsWith("home no, file no, random no, time 0, input -1\n"), stdout);
  t.is(status, 3);
});

const traps: Readonly<Record<string, string>> = {
  bounds: "out of bounds access in function bounds",
  divide: "integer divide by zero in function divide",
  recurse: "call stack exhausted in function recurse",
  unreachable: "unreachable in function unreachable",
};

test.serial("a program for aarch64 names its traps", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const program = compileFor(t, buildModule("traps"), {});
  for (const [way, message] of Object.entries(traps)) {
    const { stderr, status } = run(program, way);
    t.deepEqual([stderr, status], [`coffer: wasm: trap: ${message}\n`, 134], way);
  }
});
