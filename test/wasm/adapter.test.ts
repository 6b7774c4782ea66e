// adapter.py as the runner of WebAssembly's WASI tests uses it: imported, and asked for the words to run.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { buildModule, cache } from "./module.ts";

const adapter = join(import.meta.dirname, "adapter.py");
const env = { COFFER: cofferArgv().join(" ") };

/** What an expression says that may use the adapter as `a`. */
function ask(expression: string): unknown {
  const load = [
    "import importlib.util, json, sys",
    "sys.dont_write_bytecode = True",
    'spec = importlib.util.spec_from_file_location("adapter", sys.argv[1])',
    "a = importlib.util.module_from_spec(spec)",
    "spec.loader.exec_module(a)",
    `print(json.dumps(${expression}))`,
  ].join("\n");
  const said = execFileSync("python3", ["-c", load, adapter], { encoding: "utf8", env: { ...process.env, ...env } });
  return JSON.parse(said);
}

test("the runner takes what says something for an adapter of older days: this one says nothing", (t) => {
  t.is(execFileSync("python3", [adapter, "--version"], { encoding: "utf8" }), "");
});

test("it tells a name, a version, and that it is for preview 1", (t) => {
  t.is(ask("a.get_name()"), "coffer");
  t.regex(String(ask("a.get_version()")), /^\d+\.\d+\.\d+/);
  t.deepEqual(ask("a.get_wasi_versions()"), ["wasm32-wasip1"]);
});

test.serial("the words that it gives run a test with its arguments, variables and status", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const given = '(["7", "two words"], {"FOO": "a b"}, [("/tmp", "/")])';
  const words = ask(`a.compute_argv(${JSON.stringify(buildModule("words"))}, ${given}, [], "wasm32-wasip1")`);
  const argv = Array.isArray(words) ? words.map(String) : [];
  t.true(argv.includes("/tmp:/"));
  const { stdout, exitCode } = await command(argv, { env: { XDG_CACHE_HOME: cache }, input: "", timeoutMs: 120_000 });
  t.is(stdout, "arg 7\narg two words\nFOO a b\n");
  t.is(exitCode, 7);
});
