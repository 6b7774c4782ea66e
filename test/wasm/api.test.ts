// `runWasm` and `compileWasm`, for programs.
import { readFileSync } from "node:fs";
import { compileWasm, openRuntime, runWasm } from "@coffer/core";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, cache } from "./module.ts";

test.before("the cache of the tests is used", () => {
  process.env.XDG_CACHE_HOME = cache;
});

test.serial("a module is run from its bytes, with input, arguments and variables", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const module = readFileSync(buildModule("words"));
  const { stdout, exitCode, failed } = await runWasm({ module, args: ["5"], env: { FOO: "bar" }, input: "in\n" });
  t.is(stdout, "arg 5\nFOO bar\nin\n");
  t.is(exitCode, 5);
  t.true(failed);
});

test.serial("a module that does not end is ended by its timeout", async (t) => {
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const { timedOut } = await runWasm({ module: buildModule("traps"), args: ["spin"], timeoutMs: 500 });
  t.true(timedOut);
});

test.serial("compileWasm compiles once", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const module = buildModule("words");
  await compileWasm({ module });
  const { found, size } = await compileWasm({ module });
  t.true(found);
  t.true(size > 10_000);
});

test("unknown options and wrong types are rejected", async (t) => {
  const runtime = openRuntime();
  const wrong = [{ module: 5 }, { module: "x", dirs: [{ guest: "a" }] }, { module: "x", rootfs: "/" }];
  for (const options of wrong)
    await t.throwsAsync(Reflect.apply(runWasm, undefined, [{ runtime, ...options }]), { code: "E_USAGE" });
});

test("a module that is none is an error of one line", async (t) => {
  const error = await t.throwsAsync(runWasm({ module: new Uint8Array(3) }), { code: "E_MODULE_INVALID" });
  t.is(error?.message, "the module is no WebAssembly: it does not begin with its magic number (offset 0x0)");
});
