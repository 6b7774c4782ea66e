// `--engine`: a module is run by an engine of the host, in a sandbox, only if the caller names one.
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

const system = "/usr/sbin:/usr/bin:/sbin:/bin";

/** A directory for programs, and an environment that finds them first. */
function makeTools(t: ExecutionContext): { readonly tools: string; readonly env: Readonly<Record<string, string>> } {
  const tools = emptyDir(t);
  chmodSync(tools, 0o755);
  return { tools, env: { PATH: `${tools}:${system}`, XDG_CACHE_HOME: join(tools, "cache") } };
}

test.serial("wasmedge runs a module with its arguments, variables, streams and status", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns", "wasmedge"))) return;
  const words = ["--engine", "wasmedge", "--env", "FOO=a b", buildModule("words"), "--", "7", "--env", "two words"];
  const { stdout, stderr, exitCode } = await wasm(words, { input: "in\n", env: { SECRET: "1" } });
  t.is(stderr, "to stderr\n");
  t.is(stdout, "arg 7\narg --env\narg two words\nFOO a b\nin\n");
  t.is(exitCode, 7);
});

test.serial("a module that wasmedge runs uses its directory, and cannot leave it", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns", "wasmedge"))) return;
  const base = emptyDir(t);
  const work = join(base, "work");
  mkdirSync(work);
  writeFileSync(join(base, "secret"), "secret");
  symlinkSync("..", join(work, "out"));
  const { stdout } = await wasm(["--engine", "wasmedge", "--dir", `${work}:/work`, buildModule("files")]);
  t.true(stdout.includes("create: done\n"), stdout);
  t.true(readdirSync(work).includes("dir"));
  t.is(readFileSync(join(base, "secret"), "utf8"), "secret");
  t.deepEqual(readdirSync(base).sort(), ["secret", "work"]);
  const { stdout: refused } = await wasm(["--engine", "wasmedge", "--dir", `${work}:/work:ro`, buildModule("files")]);
  t.notRegex(refused, /^create: done/, refused);
});

/** An engine that prints its words, and tries what one would that a module has taken over. */
const takenOver = (base: string): string => `#!/bin/sh
for word; do echo "$word"; done
cat ${base}/secret 2>/dev/null
{ echo owned >${base}/outside; } 2>/dev/null
{ echo owned >/usr/owned; } 2>/dev/null
ls /root 2>/dev/null
exit 5
`;

test.serial("an engine that was taken over reaches what the module was given, and nothing else", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns"))) return;
  const { tools, env } = makeTools(t);
  const base = emptyDir(t);
  chmodSync(base, 0o755);
  const work = join(base, "work");
  mkdirSync(work);
  writeFileSync(join(base, "secret"), "secret");
  writeFileSync(join(tools, "wasmtime"), takenOver(base), { mode: 0o755 });
  const module = buildModule("words");
  const words = [
    "--engine",
    "wasmtime",
    "--memory",
    "64m",
    "--env",
    "A=b",
    "--dir",
    `${work}:/w:ro`,
    module,
    "--",
    "x",
  ];
  const { stdout, exitCode } = await wasm(words, { env });
  const flags = ["run", "--dir", `${work}::/w`, "--env", "A=b", "-W", `max-memory-size=${64 * 2 ** 20}`];
  t.is(stdout, `${[...flags, module, "x"].join("\n")}\n`);
  t.is(exitCode, 5);
  t.deepEqual(readdirSync(base).sort(), ["secret", "work"]);
});

test.serial("no engine is taken that was not named, and a missing one is an error with what to install", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns"))) return;
  const { tools, env } = makeTools(t);
  writeFileSync(join(tools, "wasmedge"), "#!/bin/sh\necho taken\n", { mode: 0o755 });
  writeFileSync(join(tools, "wasm2c"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  t.not((await wasm([buildModule("words")], { env })).stdout, "taken\n");
  const missing = await wasm(["--engine", "wasmtime", buildModule("words")], { env });
  t.regex(missing.stderr, /^coffer: --engine needs the program wasmtime in PATH[^\n]*wabt and clang[^\n]*\n$/);
  t.is(missing.exitCode, 125);
  const shown = await wasm(["--engine", "wasmedge", "--show", "plan", buildModule("words")], { env });
  t.regex(shown.stderr, /--engine and --show do not go together/);
});

test.serial("what is no module is the same error with an engine", async (t) => {
  t.timeout(300_000);
  if (!(await needs(t, "root", "userns"))) return;
  const { tools, env } = makeTools(t);
  writeFileSync(join(tools, "wasmedge"), "#!/bin/sh\necho taken\n", { mode: 0o755 });
  const file = join(tools, "no.wasm");
  writeFileSync(file, "text");
  const { stdout, stderr } = await wasm(["--engine", "wasmedge", file], { env });
  t.is(stdout, "");
  t.regex(stderr, /^coffer: the module is no WebAssembly[^\n]*\n$/);
});
