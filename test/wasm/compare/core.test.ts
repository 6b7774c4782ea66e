// The core specification's tests, as binaryen's source package has them: a sample, and all of them every night.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../../helpers/needs.ts";
import { emptyDir } from "../module.ts";
import { runScript, unpackSuite } from "./core.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const sample = ["fac.wast", "call_indirect.wast", "float_misc.wast", "float_exprs.wast"];

/** What fails, and why that is so. */
const known: readonly (readonly [RegExp, string])[] = [
  [/^unreached-invalid\.wast line 539: assert_invalid$/, "wabt compares no labels of a br_table that is never reached"],
  [
    /^simd\.wast line 9[5-9]\d: assert_return$/,
    "binaryen asks for the sign of a NaN, which the specification leaves open",
  ],
  [/^(?:old_import|imports)\.wast line \d+: not compiled$/, "the host of the scripts has more than the harness"],
];

async function runAll(t: ExecutionContext, tier: "best" | "quick"): Promise<void> {
  t.timeout(isNightly ? 7_200_000 : 120_000);
  if (!(await needs(t, "wasm2c", "core-suite"))) return;
  const scripts = unpackSuite(emptyDir(t));
  if (scripts === undefined) return t.fail("the scripts are not in the source package");
  const base = emptyDir(t);
  let [passed, left] = [0, 0];
  const failed: string[] = [];
  for (const name of isNightly ? readdirSync(scripts) : sample) {
    const result = runScript(join(scripts, name), base, tier);
    if (result === undefined) continue;
    passed += result.passed;
    left += result.left;
    failed.push(...result.failed);
    if (isNightly) t.log(`${name}: ${result.passed} pass, ${result.failed.length} fail, ${result.left} left out`);
  }
  const share = ((100 * passed) / (passed + failed.length)).toFixed(2);
  t.log(`${passed} of ${passed + failed.length} assertions hold (${share} %); ${left} are left out`);
  t.deepEqual(
    failed.filter((one) => !known.some(([pattern]) => pattern.test(one))),
    [],
  );
  t.true(passed > 0);
}

for (const tier of ["best", "quick"] as const)
  test.serial(`the core specification's tests, ${tier}: ${isNightly ? "all" : "a sample"}`, (t) => runAll(t, tier));
