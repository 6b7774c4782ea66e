// The same modules in Node's own WASI, where V8 compiles them: standard output and status are the same.
import { join } from "node:path";
import test from "ava";
import { repository } from "../../helpers/build.ts";
import { command } from "../../helpers/command.ts";
import { needs } from "../../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "../module.ts";

const node = (module: string): readonly string[] => [
  process.execPath,
  "--no-warnings",
  join(repository, "bench/wasm/node.mjs"),
  module,
];

const asV8 = test.macro({
  exec: async (t, name: string, tier: string) => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "userns", "wasm2c", "simde"))) return;
    const module = buildModule(name);
    const expected = await command(node(module), { input: "in\n" });
    const seen = await wasm(["--tier", tier, module], { input: "in\n", env: { XDG_CACHE_HOME: emptyDir(t) } });
    t.true(expected.stdout.length > 10);
    t.is(seen.stdout, expected.stdout);
    t.is(seen.exitCode, expected.exitCode);
  },
  title: (_provided, name: string, tier: string) => `${name}, ${tier}: as V8 computes it`,
});

for (const name of ["numbers", "words", "vectors"]) for (const tier of ["best", "quick"]) test.serial(asV8, name, tier);
