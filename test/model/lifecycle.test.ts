// The model of create, start and delete (lifecycle.pml), looked at by SPIN in every order of its steps, with any two
// of its processes killed anywhere. steps.test.ts ties its steps to the plans that the planner makes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { kept } from "../helpers/kept.ts";
import { needs } from "../helpers/needs.ts";

/** The file of the model, and this one. */
const inputs = ["test/model/lifecycle.pml", "test/model/lifecycle.test.ts"];
const model = join(import.meta.dirname, "lifecycle.pml");

/** Looks at the model with these switches on: what the search says. */
async function search(t: ExecutionContext, ...switches: readonly string[]): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), "coffer-model-"));
  t.teardown(() => rmSync(cwd, { recursive: true }));
  const generated = await command(["spin", ...switches.map((name) => `-D${name}`), "-a", model], { cwd });
  t.is(generated.exitCode, 0, generated.stdout + generated.stderr);
  const flags = ["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=4096"];
  const compiled = await command(["gcc", ...flags, "-o", "pan", "pan.c"], { cwd });
  t.is(compiled.exitCode, 0, compiled.stderr);
  const found = await command([join(cwd, "pan"), "-m100000"], { cwd, timeoutMs: 600_000 });
  return found.stdout;
}

test("no crash of front, launcher or init loses a container or a name, or blocks a delete", async (t) => {
  if (!(await needs(t, "spin", "gcc"))) return;
  t.timeout(600_000);
  await kept(t, inputs, async () => {
    const found = await search(t);
    t.regex(found, /errors: 0\n/);
    t.notRegex(found, /Search not completed|max search depth too small/);
    t.log(/\d+ states, stored/.exec(found)?.[0]);
  });
});

const weakenings = {
  STALE_LOCK: "assertion violated",
  EAGER: "assertion violated",
  UNRECORDED: "assertion violated",
  DEAF_INIT: "invalid end state",
} as const;

for (const [name, failure] of Object.entries(weakenings)) {
  test(`the model fails with ${name}`, async (t) => {
    if (!(await needs(t, "spin", "gcc"))) return;
    t.timeout(600_000);
    await kept(t, inputs, async () => void t.true((await search(t, name)).includes(failure)));
  });
}
