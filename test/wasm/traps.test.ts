// Traps: each kind names itself and the function of the module that it happened in, in programs of every compiler, and ends
// with status 134.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@coffer/core";
import { compileModule, loadModule } from "@coffer/core/wasm";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { emptyDir, wasm } from "./module.ts";
import { putTools, tccAlone } from "./tools.ts";

const bounds = "out of bounds access";
const indirect = "indirect call to a function that is not there or has another type";

/** A function that traps: its code, and the kind of its trap. */
const functions: Readonly<Record<string, readonly [code: string, kind: string]>> = {
  load: ["(drop (i32.load (i32.const -16)))", bounds],
  store: ["(i64.store (i32.const 65530) (i64.const 1))", bounds],
  grown: ["(drop (memory.grow (i32.const 1))) (i64.store (i32.const 131068) (i64.const 1))", bounds],
  fill: ["(memory.fill (i32.const -16) (i32.const 1) (i32.const 100))", bounds],
  copy: ["(memory.copy (i32.const 0) (i32.const 65000) (i32.const 1000))", bounds],
  init: ["(memory.init $data (i32.const 0) (i32.const 0) (i32.const 10))", bounds],
  get: ["(drop (table.get $table (i32.const 5)))", bounds],
  set: ["(table.set $table (i32.const 2) (ref.null func))", bounds],
  table_init: ["(table.init $table $elements (i32.const 0) (i32.const 0) (i32.const 2))", bounds],
  table_copy: ["(table.copy $table $table (i32.const 0) (i32.const 1) (i32.const 2))", bounds],
  table_fill: ["(table.fill $table (i32.const 1) (ref.null func) (i32.const 2))", bounds],
  divide: ["(drop (i32.div_s (i32.const 1) (i32.load (i32.const 1000))))", "integer divide by zero"],
  remainder: ["(drop (i64.rem_u (i64.const 1) (i64.load (i32.const 1000))))", "integer divide by zero"],
  overflow: [
    "(drop (i64.div_s (i64.const 0x8000000000000000) (i64.sub (i64.load (i32.const 1000)) (i64.const 1))))",
    "integer overflow",
  ],
  truncate: ["(drop (i32.trunc_f32_u (f32.sub (f32.load (i32.const 1000)) (f32.const 1))))", "integer overflow"],
  nan: [
    "(drop (i64.trunc_f64_s (f64.div (f64.load (i32.const 1000)) (f64.load (i32.const 1000)))))",
    "invalid conversion to integer",
  ],
  never: ["unreachable", "unreachable"],
  null: ["(call_indirect (i32.const 0))", indirect],
  beyond: ["(call_indirect (i32.const 9))", indirect],
  type: ["(drop (call_indirect (result i64) (i32.const 1)))", indirect],
  deep: ["(call $deep) (i32.store (i32.const 8) (i32.const 1))", "call stack exhausted"],
};
const names = Object.keys(functions);

const called = names.map((name, at) => `(if (i32.eq (local.get $count) (i32.const ${at + 2})) (then (call $${name})))`);

/** As many words as there are functions up to the wanted one. */
const text = `(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (memory (export "memory") 1) (table $table 2 4 funcref)
  (data $data "abc") (elem $elements func $load) (elem (table $table) (i32.const 1) func $load)
  ${names.map((name) => `(func $${name} ${functions[name]?.[0]})`).join("\n")}
  (export "its load" (func $load)) (export "get_1" (func $get))
  (func (export "_start") (local $count i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (local.set $count (i32.load (i32.const 0)))
    ${called.join("\n")}))`;

function build(t: ExecutionContext, source: string, ...flags: readonly string[]): string {
  const base = emptyDir(t);
  writeFileSync(join(base, "traps.wat"), source);
  execFileSync("wat2wasm", [...flags, join(base, "traps.wat"), "-o", join(base, "traps.wasm")]);
  return join(base, "traps.wasm");
}

/** What a program says when it has called the function of that number. */
function trapOf(program: string, index: number): readonly [string, number | null] {
  const words = Array.from({ length: index + 1 }, () => "x");
  const { stderr, status } = spawnSync(program, ["65536", "0", "traps", ...words], { encoding: "utf8" });
  return [stderr, status];
}

/** The program that a tier makes of a module, in an environment. */
async function compiled(
  module: string,
  env: Readonly<Record<string, string>>,
  tier: "best" | "quick",
): Promise<string> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const runtime = openRuntime();
    const { path } = await compileModule(runtime, loadModule(runtime, module), { tier });
    return path;
  } finally {
    for (const name of Object.keys(env)) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const line = (kind: string, where: string): string => `coffer: wasm: trap: ${kind} in function ${where}\n`;

/** The optimiser puts functions into others. An access is then one of the function that it was put into. */
const mayMove = new Set(["load", "store", "grown"]);

async function seeAll(
  t: ExecutionContext,
  module: string,
  tier: "best" | "quick",
  env: Readonly<Record<string, string>>,
) {
  const program = await compiled(module, env, tier);
  for (const [at, name] of names.entries()) {
    const [said, status] = trapOf(program, at);
    const kind = functions[name]?.[1] ?? "";
    const expected = tier === "best" && mayMove.has(name) ? [name, "_start"] : [name];
    t.true(expected.map((one) => line(kind, one)).includes(said), `${name}: ${said}`);
    t.is(status, 134, name);
  }
}

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");
const ownCache = (t: ExecutionContext) => ({ XDG_CACHE_HOME: emptyDir(t) });

test.serial("each kind of trap names its function: the best program", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  await seeAll(t, build(t, text, "--debug-names"), "best", ownCache(t));
});

test.serial("each kind of trap names its function: a quick program of tcc", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t)) || !(await needs(t, "tcc"))) return;
  await seeAll(t, build(t, text, "--debug-names"), "quick", tccAlone(t));
});

test.serial("each kind of trap names its function: a quick program without tcc", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const PATH = `${join(putTools(t, { tcc: "exit 1" }), "tools")}:${process.env.PATH}`;
  await seeAll(t, build(t, text, "--debug-names"), "quick", { ...ownCache(t), PATH });
});

test.serial("without a section of names an export names its function, and a number the others", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const program = await compiled(build(t, text), ownCache(t), "best");
  const exported = [...mayMove, "get"];
  for (const [at, name] of names.entries()) {
    if (exported.includes(name)) continue;
    const kind = functions[name]?.[1] ?? "";
    const hint = "the module has no names: build it with -g";
    t.deepEqual(trapOf(program, at), [line(kind, `f${at + 1}: ${hint}`), 134]);
  }
  t.deepEqual(trapOf(program, names.indexOf("get")), [line(bounds, "get_1"), 134]);
  t.true([line(bounds, "its load"), line(bounds, "_start")].includes(trapOf(program, names.indexOf("load"))[0]));
});

test.serial("a trap before the first function names none", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const source = '(module (memory (export "memory") 1) (data (i32.const 65535) "xy") (func (export "_start")))';
  const { stderr, exitCode } = await wasm([build(t, source)], { env: ownCache(t) });
  t.deepEqual([stderr, exitCode], ["coffer: wasm: trap: out of bounds access\n", 134]);
});

test.serial(
  "the shim has no names of the module: a stack that ends in it names none, or the function that called it",
  async (t) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const source = `(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $other (export "other") unreachable)
    (func $deep (drop (call $poll (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 256)))
      (call $deep) (i32.store (i32.const 8) (i32.const 1)))
    (func $last (export "last") unreachable)
    (func (export "_start") (call $deep)))`;
    const { stderr, exitCode } = await wasm([build(t, source, "--debug-names")], { env: ownCache(t) });
    t.regex(stderr, /^coffer: wasm: trap: call stack exhausted( in function deep)?\n$/);
    t.is(exitCode, 134);
  },
);
