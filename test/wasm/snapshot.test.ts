// Snapshots: a program begins with what an initialiser has made of the memory, and a hostile initialiser gains nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileWasm, runWasm } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache, emptyDir, wasm } from "./module.ts";

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

test.before("the cache of the tests is used", () => {
  process.env.XDG_CACHE_HOME = cache;
});

/** A module of the text format, in a directory of its own. */
function makeModule(t: ExecutionContext, text: string): { readonly base: string; readonly module: string } {
  const base = emptyDir(t);
  const module = join(base, "module.wasm");
  writeFileSync(join(base, "module.wat"), text);
  execFileSync("wat2wasm", [join(base, "module.wat"), "-o", module]);
  return { base, module };
}

/** The directories of the programs in a cache. */
function placesOf(base: string): readonly string[] {
  const dir = join(base, "coffer/wasm");
  return existsSync(dir) ? readdirSync(dir).map((key) => join(dir, key)) : [];
}

for (const tier of ["best", "quick"])
  test.serial(`a module does with a snapshot what it does without: ${tier}`, async (t) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const module = buildModule("heavy");
    const words = ["--tier", tier, module, "--", "one", "two"];
    const plain = await wasm(words, { input: "input" });
    const kept = await wasm(["--init", ...words], { input: "input" });
    t.deepEqual([kept.stdout, kept.stderr, kept.exitCode], [plain.stdout, plain.stderr, plain.exitCode]);
    t.regex(kept.stdout, /^\d+ word \d+ many one input\n$/);
    t.is(kept.exitCode, 3);
    const again = await wasm(["--init=wizer.initialize", "--tier", tier, module], { input: "" });
    t.regex(again.stdout, / few none no input\n$/, "what one run does is not kept for the next");
  });

test.serial("with a snapshot a module that fills tables starts in less than a third of the time", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const module = buildModule("heavy");
  const { path: kept } = await compileWasm({ module, init: true });
  const { path: plain } = await compileWasm({ module });
  const best = new Map<string, number>();
  for (let round = 0; round < 10; round += 1)
    for (const path of [kept, plain]) {
      const began = performance.now();
      t.is(spawnSync(path, ["65536", "0", "heavy"], { input: "" }).status, 3);
      best.set(path, Math.min(best.get(path) ?? Number.POSITIVE_INFINITY, performance.now() - began));
    }
  const ratio = (best.get(kept) ?? 0) / (best.get(plain) ?? 0);
  t.log(`with a snapshot ${best.get(kept)?.toFixed(1)} ms, without ${best.get(plain)?.toFixed(1)} ms`);
  t.true(ratio < 1 / 3, `${ratio}`);
});

const wasi = "wasi_snapshot_preview1";
const write = `(import "${wasi}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`;
const vectors = (code: string, has: boolean): string => (has ? code : "");
/**
 * Each kind of state: the start function, both initialisers and what they leave. It prints 64 bytes, and then traps, since the
 * segment is gone. With vectors, what there is of vectors besides.
 */
const stateful = (has: boolean): string => `(module ${write}
  (memory (export "memory") 1 8) (table 2 funcref) (table 1 externref) (elem (i32.const 0) $one $two)
  (global $count (mut i32) (i32.const 0)) (global $wide (mut i64) (i64.const 0)) (global $f (mut f32) (f32.const 0))
  (global $float (mut f64) (f64.const 0)) (global $same (mut funcref) (ref.null func)) (global i64 (i64.const 3))
  ${vectors("(global $vector (mut v128) (v128.const i64x2 0 0))", has)}
  (data (i32.const 512) "abcd") (data $gone "xyz") (data $there "uvw") (elem $lost func $one)
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (func $begin (global.set $count (i32.add (global.get $count) (i32.const 1))))
  (start $begin)
  (func (export "_initialize") (global.set $count (i32.mul (i32.add (global.get $count) (i32.const 10)) (i32.const 2))))
  (func (export "wizer.initialize")
    (global.set $count (i32.add (global.get $count) (i32.const 100)))
    (global.set $wide (i64.const 0x1122334455667788))
    (global.set $float (f64.reinterpret_i64 (i64.const 0x7ff0000000000123)))
    (global.set $f (f32.reinterpret_i32 (i32.const 0x7f800001)))
    ${vectors("(global.set $vector (v128.const i64x2 0x1111 0x2222))", has)}
    (drop (memory.grow (i32.const 5))) (i32.store (i32.const 0x5fff0) (i32.const 77)) (i32.store (i32.const 512) (i32.const 0))
    (data.drop $gone) (elem.drop $lost))
  (func (export "wizer.resume")
    (i32.store (i32.const 64) (global.get $count))
    (i32.store (i32.const 68) (i32.load (i32.const 0x5fff0)))
    (i64.store (i32.const 72) (global.get $wide))
    (f64.store (i32.const 80) (global.get $float))
    (f32.store (i32.const 88) (global.get $f))
    (i32.store (i32.const 92) (memory.size))
    (i32.store (i32.const 96) (call_indirect (result i32) (i32.const 1)))
    (i32.store (i32.const 100) (i32.load (i32.const 512)))
    (i32.store (i32.const 104) (memory.grow (i32.const 2)))
    (memory.init $there (i32.const 108) (i32.const 0) (i32.const 3))
    ${vectors("(v128.store (i32.const 112) (global.get $vector))", has)}
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 64))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (memory.init $gone (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "_start") unreachable))`;

for (const has of [false, true])
  test.serial(
    `memory, globals and dropped segments are those that an initialiser left${has ? ", and vectors" : ""}`,
    async (t) => {
      t.timeout(180_000);
      if (!(await hasTools(t)) || (has && !(await needs(t, "simde")))) return;
      const { module } = makeModule(t, stateful(has));
      const result = await runWasm({ module, init: true, encoding: "buffer" });
      const told = Buffer.from(result.stdout);
      const numbers = [64, 68, 92, 96, 100, 104].map((at) => told.readUInt32LE(at - 64));
      t.deepEqual(numbers, [122, 77, 6, 2, 0, 6]);
      t.is(told.readBigUInt64LE(8), 0x1122334455667788n);
      t.is(told.readBigUInt64LE(16), 0x7ff0000000000123n, "a signalling NaN stays as it is");
      t.is(told.readUInt32LE(24), 0x7f800001);
      t.is(told.subarray(44, 47).toString(), "uvw");
      t.deepEqual([told.readBigUInt64LE(48), told.readBigUInt64LE(56)], has ? [0x1111n, 0x2222n] : [0n, 0n]);
      t.is(result.exitCode, 134);
      t.regex(Buffer.from(result.stderr).toString(), /^coffer: wasm: trap: out of bounds access in function /);
    },
  );

const command = '(memory (export "memory") 1 4000) (func (export "_start"))';
const initialiser = (code: string, more = ""): string =>
  `(module ${more} ${command} (func $init (export "wizer.initialize") ${code}) (elem declare func $init))`;
const clock = `(import "${wasi}" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))`;
const random = `(import "${wasi}" "random_get" (func $random (param i32 i32) (result i32)))`;
const exit = `(import "${wasi}" "proc_exit" (func $exit (param i32)))`;

/** Modules whose initialiser is refused, and why. */
const refused: Readonly<Record<string, readonly [module: string, why: string]>> = {
  "asks for random bytes": [
    initialiser("(drop (call $random (i32.const 0) (i32.const 8)))", random),
    "it calls the import random_get, whose answer would be kept for every run",
  ],
  "asks for the time": [
    initialiser("(drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0)))", clock),
    "it calls the import clock_time_get, whose answer would be kept for every run",
  ],
  "writes to a descriptor": [
    initialiser("(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))", write),
    "it calls the import fd_write, whose answer would be kept for every run",
  ],
  "ends the program": [
    initialiser("(call $exit (i32.const 0))", exit),
    "it calls the import proc_exit, whose answer would be kept for every run",
  ],
  traps: [initialiser("unreachable"), "trap: unreachable in function wizer.initialize"],
  "exhausts the stack": [initialiser("(call $init)"), "trap: call stack exhausted in function wizer.initialize"],
  "leaves its memory": [
    initialiser("(i32.store (i32.const 0xfffffff0) (i32.const 1))"),
    "trap: out of bounds access in function wizer.initialize",
  ],
  "makes memory without end": [
    initialiser(
      "(drop (memory.grow (i32.const 3000))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 190000000))",
    ),
    "it leaves more than 128 MiB of memory that is not zero",
  ],
  "changes an element of a table": [
    initialiser("(table.set 0 (i32.const 0) (ref.func $init))", "(table 1 funcref)"),
    "it changes a table or a reference to a function, which is not kept",
  ],
  "makes a table larger": [
    initialiser("(drop (table.grow 0 (ref.null func) (i32.const 100000)))", "(table 1 funcref)"),
    "it changes a table or a reference to a function, which is not kept",
  ],
  "changes a reference to a function": [
    initialiser("(global.set $g (ref.func $init))", "(global $g (mut funcref) (ref.null func))"),
    "it changes a table or a reference to a function, which is not kept",
  ],
};

const refusedTest = test.macro({
  exec: async (t, what: string) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const [text = "", why = ""] = refused[what] ?? [];
    const { base, module } = makeModule(t, text);
    const env = { XDG_CACHE_HOME: join(base, "cache") };
    const { stdout, stderr, exitCode } = await wasm(["--init", "compile", module], { env });
    const message = `coffer: the module cannot be compiled: its initialiser failed: ${why}`;
    t.deepEqual([stdout, stderr.slice(0, message.length), exitCode], ["", message, 125]);
    t.is(stderr.trim().split("\n").length, 1);
    t.deepEqual(placesOf(join(base, "cache")), [], "nothing is left");
  },
  title: (_provided, what: string) => `an initialiser is refused that ${what}`,
});

for (const what of Object.keys(refused)) test.serial(refusedTest, what);

test.serial("memory that is grown and not used costs nothing, and --memory counts it", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const grown = "(drop (memory.grow (i32.const 3000))) (i32.store (i32.const 190000000) (i32.const 7))";
  const { module } = makeModule(t, initialiser(grown));
  const { size } = await compileWasm({ module, init: "wizer.initialize" });
  t.true(size < 1024 * 1024, `${size}`);
  t.is((await wasm(["--init", module])).exitCode, 0);
  const { stderr, exitCode } = await wasm(["--memory", "64m", "--init", module]);
  t.is(stderr, "coffer: wasm: the module begins with more memory than it may have (--memory)\n");
  t.is(exitCode, 134);
});

test.serial("a snapshot that was changed in the cache, or is of another module, is made again", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { base, module } = makeModule(t, initialiser("(i32.store8 (i32.const 7000) (i32.const 42))"));
  const env = { XDG_CACHE_HOME: join(base, "cache") };
  t.is((await wasm(["--init", "compile", module], { env })).exitCode, 0);
  const [kept = ""] = placesOf(join(base, "cache"));
  const good = readFileSync(join(kept, "program"));
  const change = (bytes: Buffer): void => {
    chmodSync(join(kept, "program"), 0o755);
    writeFileSync(join(kept, "program"), bytes);
  };
  const poisoned = Buffer.from(good);
  const at = poisoned.lastIndexOf(42);
  poisoned[at] = 43;
  change(poisoned);
  t.regex((await wasm(["--init", "compile", module], { env })).stdout, /, begins after wizer.initialize\n$/);
  t.deepEqual(readFileSync(join(kept, "program")), good, "one byte of the image was changed");
  // The program without a snapshot, with its own record, in the place of the one with a snapshot.
  t.is((await wasm(["compile", module], { env })).exitCode, 0);
  const [plain = ""] = placesOf(join(base, "cache")).filter((place) => place !== kept);
  for (const name of ["program", "record.json"]) {
    chmodSync(join(kept, name), 0o755);
    copyFileSync(join(plain, name), join(kept, name));
  }
  t.regex((await wasm(["--init", "compile", module], { env })).stdout, /, begins after wizer.initialize\n$/);
  t.deepEqual(readFileSync(join(kept, "program")), good);
  const { stdout } = await wasm(["cache", "list"], { env });
  t.is(stdout.match(/, begins after wizer\.initialize$/gm)?.length, 1, stdout);
});

test("an engine has no snapshots", async (t) => {
  const { stderr, exitCode } = await wasm(["--engine", "wasmedge", "--init", "x.wasm"]);
  t.regex(stderr, /--(init|engine)/);
  t.is(exitCode, 125);
});
