// The same modules in Node's own WASI, where V8 compiles them: standard output and status are the same.
import { join } from "node:path";
import test from "ava";
import { repository } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import { needs } from "../../helpers/needs.ts";
import { buildModule, wasm } from "../module.ts";

const node = (module: string): readonly string[] => [
  process.execPath,
  "--no-warnings",
  join(repository, "bench/wasm/node.mjs"),
  module,
];

for (const name of ["numbers", "words", "vectors"])
  test.serial(`${name}: as V8 computes it`, async (t) => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "userns", "wasm2c", "simde"))) return;
    const module = buildModule(name);
    const expected = await command(node(module), { input: "in\n" });
    const seen = await wasm([module], { input: "in\n" });
    t.true(expected.stdout.length > 10);
    t.is(seen.stdout, expected.stdout);
    t.is(seen.exitCode, expected.exitCode);
  });
