// tcc(1), where there is one, makes quick programs: they trap as others do, and no frame of theirs skips the guard of the stack.
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";
import { putTools, tccAlone } from "./tools.ts";

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c", "tcc");

const quick = (module: string, words: readonly string[], env: Readonly<Record<string, string>>) =>
  wasm(["--tier", "quick", module, ...(words.length === 0 ? [] : ["--", ...words])], { env, input: "in\n" });

const noFunction = "indirect call to a function that is not there or has another type";
const traps: Readonly<Record<string, string>> = {
  bounds: "out of bounds access in function bounds",
  far: "out of bounds access in function bounds",
  divide: "integer divide by zero in function divide",
  recurse: "call stack exhausted in function recurse",
  unreachable: "unreachable in function unreachable",
  convert: "integer overflow in function convert",
  wrong_type: `${noFunction} in function wrong_type`,
  no_function: `${noFunction} in function no_function`,
};

test.serial("tcc's programs trap as others do", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const env = tccAlone(t);
  for (const [way, message] of Object.entries(traps)) {
    const { stdout, stderr, exitCode } = await quick(buildModule("traps"), [way], env);
    t.deepEqual([stdout, stderr, exitCode], ["", `coffer: wasm: trap: ${message}\n`, 134], way);
  }
});

test.serial("tcc's programs run under the filter of their imports, with files and a limit of memory", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const env = tccAlone(t);
  t.is((await quick(buildModule("words"), ["3"], env)).stdout, "arg 3\nFOO is not set\nin\n");
  const { stdout } = await wasm(["--memory", "64m", "--tier", "quick", buildModule("memory")], { env });
  t.true(Number(stdout) > 16 && Number(stdout) < 64, stdout);
});

/**
 * A module whose function calls itself, and has a frame of which little is touched. 36 such frames fit in a stack of 64 MiB, and
 * the next one ends behind a guard of 1 MiB.
 */
function deepModule(base: string): string {
  const count = 153_700;
  const text = `(module (memory (export "memory") 1)
    (func $deep (param i64)
      (if (i64.eqz (local.get 0)) (then (local.get 0) ${"(i64.load (i32.const 0)) ".repeat(count)}
        ${"i64.add ".repeat(count)} drop))
      (call $deep (i64.const 1)))
    (func (export "_start") (call $deep (i64.const 1))))`;
  writeFileSync(join(base, "deep.wat"), text);
  execFileSync("wat2wasm", ["--debug-names", join(base, "deep.wat"), "-o", join(base, "deep.wasm")]);
  return join(base, "deep.wasm");
}

test.serial("a frame larger than any page ends in the guard of the stack", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { stdout, stderr, exitCode } = await quick(deepModule(emptyDir(t)), [], tccAlone(t));
  t.deepEqual([stdout, stderr, exitCode], ["", "coffer: wasm: trap: call stack exhausted in function deep\n", 134]);
});

test.serial(
  "what tcc does not compile is left to the other compiler, and a tcc that was taken over reaches nothing",
  async (t) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const base = putTools(t, {
      tcc: 'echo owned > "$(dirname "$0")/../outside"\necho owned >/usr/owned\nls /root\nexit 1',
    });
    const env = { XDG_CACHE_HOME: join(base, "cache"), PATH: `${join(base, "tools")}:/usr/bin:/bin` };
    const { stdout, stderr, exitCode } = await quick(buildModule("words"), ["3"], env);
    t.deepEqual([stdout, stderr, exitCode], ["arg 3\nFOO is not set\nin\n", "to stderr\n", 3]);
    t.false(existsSync(join(base, "outside")) || existsSync("/usr/owned"));
  },
);
