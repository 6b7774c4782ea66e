// Initialisers that call imports: each answer is the same to everybody, and nothing of the host is in a program.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime, runWasm } from "@coffer/core";
import { compileModule, loadModule, wasiTable } from "@coffer/core/wasm";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache, emptyDir, wasm } from "./module.ts";

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

test.before("the cache of the tests is used", () => {
  process.env.XDG_CACHE_HOME = cache;
});

const wasi = "wasi_snapshot_preview1";
const names = Object.keys(wasiTable).filter((name) => name !== "proc_exit");
const letters: Readonly<Record<string, string>> = { i: "i32", I: "i64" };

const importOf = (name: string, type: string): string => {
  const [parameters = "", results = ""] = type.split(":");
  const of = (text: string): string => [...text].map((letter) => letters[letter]).join(" ");
  return `(import "${wasi}" "${name}" (func $${name} (param ${of(parameters)}) (result ${of(results)})))`;
};

/** A module whose initialiser calls each import with such numbers, and keeps the answers from 4096 on. Then it prints those. */
function asking(base: string, ...numbers: readonly string[]): string {
  const calls = Object.entries(wasiTable).flatMap(([name, { type }]) => {
    const at = names.indexOf(name);
    if (at < 0) return [];
    const words = [...type.slice(0, type.indexOf(":"))].map(
      (letter, index) => `(${letters[letter]}.const ${numbers[index] ?? numbers.at(-1)})`,
    );
    return [`(i32.store (i32.const ${4096 + at * 4}) (call $${name} ${words.join(" ")}))`];
  });
  const source = `(module
    ${Object.entries(wasiTable)
      .filter(([name]) => name !== "proc_exit")
      .map(([name, { type }]) => importOf(name, type))
      .join("\n")}
    (memory (export "memory") 1)
    (func (export "wizer.initialize") ${calls.join("\n")})
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 8192))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
  writeFileSync(join(base, "asking.wat"), source);
  execFileSync("wat2wasm", [join(base, "asking.wat"), "-o", join(base, "asking.wasm")]);
  return join(base, "asking.wasm");
}

const [ok, badf, fault, inval, nosys, notsup, spipe] = [0, 8, 21, 28, 52, 58, 70];
const streams = { fd_fdstat_get: ok, fd_filestat_get: ok, fd_seek: spipe, fd_tell: spipe };
const always = { sched_yield: ok, random_get: nosys, poll_oneoff: notsup };
const started = { args_get: ok, environ_get: ok, args_sizes_get: ok, environ_sizes_get: ok };
const clocks = { clock_res_get: ok, clock_time_get: ok };

/** What the imports answer by the numbers that they are given; the others: there is no such descriptor. */
const answers: readonly (readonly [numbers: readonly string[], expected: Readonly<Record<string, number>>])[] = [
  [["0", "64"], { ...always, ...started, ...clocks, ...streams, fd_read: ok }],
  [["1", "64"], { ...always, ...started, ...clocks, ...streams, fd_write: ok }],
  [["2", "64", "0", "512"], { ...always, ...started, ...clocks, ...streams, fd_write: ok }],
  [["3", "64"], { ...always, ...started, ...clocks }],
  [["-1", "64"], { ...always, args_get: ok, environ_get: ok, args_sizes_get: fault, environ_sizes_get: fault }],
  [
    ["0", "-4"],
    {
      ...always,
      ...{ args_get: ok, environ_get: ok, args_sizes_get: fault, environ_sizes_get: fault },
      ...{ clock_res_get: fault, fd_fdstat_get: fault, fd_filestat_get: fault, fd_seek: spipe, fd_tell: spipe },
      ...{ clock_time_get: fault, fd_read: fault },
    },
  ],
];

for (const [numbers, expected] of answers)
  test.serial(`each import has one answer: ${numbers.join(", ")}`, async (t) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const module = asking(emptyDir(t), ...numbers);
    const { stdout, stderr, exitCode } = await runWasm({ module, init: true, initWasi: true, encoding: "buffer" });
    t.deepEqual([Buffer.from(stderr).toString(), exitCode], ["", 0]);
    const told = Buffer.from(stdout);
    const isClock = (name: string): boolean => name.startsWith("clock_");
    for (const [at, name] of names.entries()) {
      const other = numbers[0] === "-1" && isClock(name) ? inval : badf;
      t.is(told.readInt32LE(4096 + at * 4), expected[name] ?? other, name);
    }
  });

test.serial("a program has nothing of the host that it was made on, and is the same whoever makes it", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const programs: Buffer[] = [];
  for (const secret of ["first", "second"]) {
    const base = emptyDir(t);
    writeFileSync(join(base, "secret"), secret);
    const env = { XDG_CACHE_HOME: join(base, "cache"), HOME: join(base, secret), SECRET: secret };
    const words = ["--init", "--init-wasi", "compile", buildModule("prepared")];
    const { exitCode, stdout } = await wasm(words, { env, input: secret });
    t.is(exitCode, 0);
    t.regex(stdout, / best, begins after wizer\.initialize, with imports\n$/);
    const dir = join(base, "cache/coffer/wasm");
    for (const key of readdirSync(dir)) programs.push(readFileSync(join(dir, key, "program")));
  }
  t.is(programs.length, 2);
  t.true(programs[0]?.equals(programs[1] ?? Buffer.alloc(0)));
  t.false(programs[0]?.includes("said to nobody\0\n") ?? true);
});

for (const tier of ["best", "quick"])
  test.serial(
    `a C library finds nothing while it is prepared, and random bytes, time and input when it runs: ${tier}`,
    async (t) => {
      t.timeout(180_000);
      if (!(await hasTools(t))) return;
      const work = emptyDir(t);
      writeFileSync(join(work, "secret"), "secret");
      const words = ["--init", "--init-wasi", "--tier", tier, "--env", "HOME=/home", "--dir", `${work}:/work`];
      const { stdout, stderr, exitCode } = await wasm([...words, buildModule("prepared"), "--", "word"], {
        input: "one line\n",
      });
      const expected = [
        "home no, file no, random no, time 0, input -1",
        // What a library has asked for once it does not ask for again.
        "word none, file no",
        "random 0, time now",
        "line one line\n\n",
      ];
      t.deepEqual([stdout, stderr, exitCode], [expected.join("\n"), "", 3]);
    },
  );

test.serial("an initialiser that may call imports still cannot end the program", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const source = `(module (import "${wasi}" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
    (func (export "_start")) (func (export "wizer.initialize") (call $exit (i32.const 0))))`;
  writeFileSync(join(base, "m.wat"), source);
  execFileSync("wat2wasm", [join(base, "m.wat"), "-o", join(base, "m.wasm")]);
  const { stderr, exitCode } = await wasm(["--init", "--init-wasi", "compile", join(base, "m.wasm")]);
  const why = "it calls the import proc_exit, whose answer would be kept for every run";
  t.true(stderr.startsWith(`coffer: the module cannot be compiled: its initialiser failed: ${why}`), stderr);
  t.is(exitCode, 125);
});

test.serial("a program that was prepared with imports is not taken for one without", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  mkdirSync(join(base, "cache"));
  const env = { XDG_CACHE_HOME: join(base, "cache") };
  const module = buildModule("prepared");
  t.is((await wasm(["--init", "--init-wasi", "compile", module], { env })).exitCode, 0);
  const { stderr, exitCode } = await wasm(["--init", "compile", module], { env });
  t.regex(stderr, /its initialiser failed: it calls the import /);
  t.is(exitCode, 125);
});

test("imports may be called by an initialiser alone", async (t) => {
  const { stderr, exitCode } = await wasm(["--init-wasi", buildModule("prepared")]);
  t.regex(stderr, /ask for one too/);
  t.is(exitCode, 125);
});

test.serial("an initialiser has a time of its own", async (t) => {
  t.timeout(60_000);
  if (!(await hasTools(t))) return;
  const base = emptyDir(t);
  const source =
    '(module (memory (export "memory") 1) (func (export "_start")) (func (export "wizer.initialize") (loop (br 0))))';
  writeFileSync(join(base, "m.wat"), source);
  execFileSync("wat2wasm", [join(base, "m.wat"), "-o", join(base, "m.wasm")]);
  const runtime = openRuntime();
  const loaded = loadModule(runtime, join(base, "m.wasm"), { init: true });
  const { command } = loaded;
  t.is(command.snapshot?.seconds, 10);
  const snapshot = command.snapshot === undefined ? undefined : { ...command.snapshot, seconds: 1 };
  const began = performance.now();
  const error = await t.throwsAsync(
    compileModule(runtime, { ...loaded, command: { ...command, ...(snapshot === undefined ? {} : { snapshot }) } }),
    { name: "CofferError" },
  );
  t.regex(error?.message ?? "", /its initialiser failed: it does not end in 1 s of processor time/);
  t.log(`${((performance.now() - began) / 1000).toFixed(1)} s`);
});
