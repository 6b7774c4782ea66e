// Looks at a model with SPIN in every order of its steps.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { kept } from "../helpers/kept.ts";
import { needs } from "../helpers/needs.ts";
import { ofToday } from "../helpers/runner/daily.ts";

/** Looks at a model with these switches on: what the search says. */
async function search(t: ExecutionContext, model: string, ...switches: readonly string[]): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), "coffer-model-"));
  t.teardown(() => rmSync(cwd, { recursive: true }));
  const file = join(import.meta.dirname, `${model}.pml`);
  const generated = await command(["spin", ...switches.map((name) => `-D${name}`), "-a", file], { cwd });
  t.is(generated.exitCode, 0, generated.stdout + generated.stderr);
  const flags = ["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=4096"];
  const compiled = await command(["gcc", ...flags, "-o", "pan", "pan.c"], { cwd });
  t.is(compiled.exitCode, 0, compiled.stderr);
  const found = await command([join(cwd, "pan"), "-m100000"], { cwd, timeoutMs: 600_000 });
  return found.stdout;
}

type Failure = "assertion violated" | "invalid end state";

/** Declares the tests of a model: it holds, and each of its weakenings fails in the way that is given. */
export function testModel(model: string, promise: string, weakenings: Readonly<Record<string, Failure>>): void {
  const inputs = [`test/model/${model}.pml`, "test/model/spin.ts"];
  test(promise, async (t) => {
    if (!(await needs(t, "spin", "gcc"))) return;
    t.timeout(600_000);
    await kept(t, inputs, async () => {
      const found = await search(t, model);
      t.regex(found, /errors: 0\n/);
      t.notRegex(found, /Search not completed|max search depth too small/);
      t.log(/\d+ states, stored/.exec(found)?.[0]);
    });
  });
  for (const [name, failure] of ofToday(Object.entries(weakenings), 2))
    test(`the model fails with ${name}`, async (t) => {
      if (!(await needs(t, "spin", "gcc"))) return;
      t.timeout(600_000);
      await kept(t, inputs, async () => void t.true((await search(t, model, name)).includes(failure)));
    });
}
