// adapter.py as the runner of WebAssembly's WASI tests uses it: imported, and asked for the words to run.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { buildModule, cache } from "./module.ts";

const adapter = join(import.meta.dirname, "adapter.py");
const env = { COFFER: cofferArgv().join(" ") };

/** How the runner loads an adapter. */
const load = [
  "import importlib.util, json, sys",
  "sys.dont_write_bytecode = True",
  'spec = importlib.util.spec_from_file_location("adapter", sys.argv[1])',
  "a = importlib.util.module_from_spec(spec)",
  "spec.loader.exec_module(a)",
].join("\n");

/** What an expression says that may use the adapter as `a`. */
function ask(expression: string): unknown {
  const said = execFileSync("python3", ["-c", `${load}\nprint(json.dumps(${expression}))`, adapter], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return JSON.parse(said);
}

test("the runner takes what says something for an adapter of older days: this one says nothing", (t) => {
  t.is(execFileSync("python3", [adapter, "--version"], { encoding: "utf8" }), "");
});

test("it tells a name, a version, and that it is for preview 1", (t) => {
  t.is(ask("a.get_name()"), "coffer");
  t.regex(String(ask("a.get_version()")), /^\d+\.\d+\.\d+/);
  t.deepEqual(ask("a.get_wasi_versions()"), ["wasm32-wasip1"]);
  t.deepEqual(ask("a.get_wasi_worlds()"), ["wasi:cli/command"]);
});

test("without COFFER it runs the program of its own tree, if PATH has none", (t) => {
  const { PATH = "" } = process.env;
  const elsewhere = PATH.split(":").filter((dir) => !existsSync(join(dir, "coffer")));
  const { COFFER: _none, ...rest } = process.env;
  const said = execFileSync("python3", ["-c", `${load}\nprint(json.dumps(a.COFFER))`, adapter], {
    encoding: "utf8",
    env: { ...rest, PATH: elsewhere.join(":") },
  });
  t.deepEqual(JSON.parse(said), ["node", join(repository, "packages/cli/bin/coffer.js")]);
  t.true(existsSync(join(repository, "packages/cli/bin/coffer.js")));
});

/** What runners of different days give: directories with names, or one that is the root, and a world. */
const forms: Readonly<Record<string, readonly [places: string, more: string]>> = {
  directories: ['[("/tmp", "/")]', '"wasm32-wasip1"'],
  "a root and a world": ['"/tmp"', '"wasi:cli/command", "wasm32-wasip1"'],
};

for (const [form, [places, more]] of Object.entries(forms))
  test.serial(`the words that it gives run a test with its arguments, variables and status: ${form}`, async (t) => {
    t.timeout(180_000);
    if (!(await needs(t, "root", "userns", "wasm2c"))) return;
    const given = `(["7", "two words"], {"FOO": "a b"}, ${places})`;
    const words = ask(`a.compute_argv(${JSON.stringify(buildModule("words"))}, ${given}, [], ${more})`);
    const argv = Array.isArray(words) ? words.map(String) : [];
    t.true(argv.includes("/tmp:/"));
    const { stdout, exitCode } = await command(argv, { env: { XDG_CACHE_HOME: cache }, input: "", timeoutMs: 120_000 });
    t.is(stdout, "arg 7\narg two words\nFOO a b\n");
    t.is(exitCode, 7);
  });

test("a test without a directory has none", (t) => {
  t.false(JSON.stringify(ask('a.compute_argv("x.wasm", ([], {}, None), [], "w", "v")')).includes("--dir"));
});
