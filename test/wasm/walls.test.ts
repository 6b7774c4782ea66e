// What a program of a module has around it: no page that can be written and executed, a limit of memory, and a terminal that
// stays one.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@coffer/core";
import { compileModule, loadModule } from "@coffer/core/wasm";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { start } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { cache, emptyDir, wasm } from "./module.ts";

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

test.before("the cache of the tests is used", () => {
  process.env.XDG_CACHE_HOME = cache;
});

function build(t: ExecutionContext, text: string): string {
  const base = emptyDir(t);
  writeFileSync(join(base, "m.wat"), text);
  execFileSync("wat2wasm", [join(base, "m.wat"), "-o", join(base, "m.wasm")]);
  return join(base, "m.wasm");
}

const wasi = "wasi_snapshot_preview1";
/** Says a byte, and waits until its input ends. */
const waits = `(module
  (import "${wasi}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "${wasi}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2) (table 4 funcref) (elem (i32.const 0) func $read $write)
  (data (i32.const 0) "\\40\\00\\00\\00\\01\\00\\00\\00")
  (func (export "wizer.initialize") (i32.store (i32.const 70000) (i32.const 1)))
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

const forms = [
  { name: "the best program", tier: "best", init: false },
  { name: "a quick program", tier: "quick", init: false },
  { name: "a program with a snapshot", tier: "best", init: true },
] as const;

for (const { name, tier, init } of forms)
  test.serial(`no page can be written and executed: ${name}`, async (t) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const env = { XDG_CACHE_HOME: emptyDir(t) };
    Object.assign(process.env, env);
    const runtime = openRuntime();
    process.env.XDG_CACHE_HOME = cache;
    const { path } = await compileModule(runtime, loadModule(runtime, build(t, waits), { init }), { tier });
    const child = spawn(path, ["65536", "0", "waits"], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const lines = readFileSync(`/proc/${child.pid}/maps`, "utf8").trim().split("\n");
    child.stdin.end();
    const modes = lines.map((line) => line.split(" ")[1] ?? "");
    t.is(modes.filter((mode) => mode.includes("w") && mode.includes("x")).length, 0, lines.join("\n"));
    t.true(modes.some((mode) => mode === "r-xp"));
    t.true(
      lines.some((line) => /^2000000000-\w+ rw-p/.test(line)),
      "the linear memory",
    );
    await once(child, "exit");
    t.is(child.exitCode, 0);
  });

test.serial("a module that uses more than its container may have is ended, and a line says so", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const module = build(
    t,
    `(module (memory (export "memory") 1) (func (export "_start")
      (drop (memory.grow (i32.const 1023))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))))`,
  );
  const { stdout, stderr, exitCode } = await wasm(["--memory", "64m", module]);
  t.is(stdout, "");
  t.regex(stderr, /killed, most likely for want of memory: the limit is 64 MiB[^\n]*raise --memory\n$/);
  t.is(exitCode, 137);
});

/** Ends with the type of its standard output: 2 is a character device. */
const typeOf = `(module
  (import "${wasi}" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
  (import "${wasi}" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $stat (i32.const 1) (i32.const 64)))
    (call $exit (i32.load8_u (i32.const 64)))))`;

test.serial("a terminal stays a terminal, and shows how far the compilation is", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const module = build(t, typeOf);
  const env = { XDG_CACHE_HOME: emptyDir(t) };
  const running = start([tools(), "pty", "24x200", "--", ...cofferArgv(), "wasm", module], { env });
  const { stdout, exitCode } = await running.done;
  t.is(exitCode, 2, stdout);
  t.regex(stdout, /coffer: compiling .*m\.wasm: 0 of 3 parts/);
  t.regex(stdout, /coffer: compiling .*m\.wasm: [12] of 3 parts/);
  const piped = await wasm([module], { env });
  t.deepEqual([piped.stdout, piped.stderr], ["", ""]);
  t.not(piped.exitCode, 2);
});
