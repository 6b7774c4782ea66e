// `coffer wasm`: what a module is given, what it cannot reach, how it ends.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, userIds } from "../helpers/user.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

const hasTools = (t: ExecutionContext): Promise<boolean> => needs(t, "root", "userns", "wasm2c");

test.serial("a module gets arguments, variables and streams, and ends with its own status", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const words = ["--env", "FOO=bar", buildModule("words"), "--", "7", "two words", "--env"];
  const { stdout, stderr, exitCode } = await wasm(words, { input: "from stdin\n" });
  t.is(stderr, "to stderr\n");
  t.is(stdout, "arg 7\narg two words\narg --env\nFOO bar\nfrom stdin\n");
  t.is(exitCode, 7);
});

test.serial("nothing of the caller's environment reaches a module that was not named", async (t) => {
  if (!(await hasTools(t))) return;
  const { stdout } = await wasm([buildModule("words")], { env: { FOO: "secret" }, input: "" });
  t.is(stdout, "FOO is not set\n");
});

test.serial("a module has the variables that were named, and no others: not even HOME", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  t.is((await wasm([buildModule("variables")])).stdout, "no more\n");
  t.is((await wasm(["--env", "A=b c", buildModule("variables")])).stdout, "A=b c\nno more\n");
});

/** A directory with links out of it, beside a file that nobody may read. */
function makeTrap(t: ExecutionContext): { readonly base: string; readonly work: string } {
  const base = emptyDir(t);
  const work = join(base, "work");
  mkdirSync(work);
  writeFileSync(join(base, "secret"), "secret");
  symlinkSync("..", join(work, "out"));
  symlinkSync(join(base, "secret"), join(work, "out-file"));
  return { base, work };
}

const done = [
  "create",
  "write",
  "pread",
  "truncate",
  "fstat",
  "mkdir",
  "rename",
  "link",
  "symlink",
  "symlink upwards",
  "readlink",
];

test.serial("a module uses its directory in every way, and cannot leave it", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { base, work } = makeTrap(t);
  const { stdout, stderr, exitCode } = await wasm(["--dir", `${work}:/work`, buildModule("files")]);
  t.is(stderr, "");
  t.is(exitCode, 0);
  for (const what of done) t.true(stdout.includes(`${what}: done\n`), `${what}\n${stdout}`);
  t.true(stdout.includes("read tent\n"));
  t.true(stdout.includes("size 3\n"));
  t.true(stdout.includes("stat through a link: done\n"));
  t.true(stdout.includes("entries 7\n"), stdout);
  t.true(stdout.includes("rmdir of a full directory: Directory not empty\n"));
  t.true(stdout.includes("open of a directory to write: Is a directory\n"), stdout);
  t.true(stdout.includes("shutdown of no socket: Not a socket\n"), stdout);
  const [, escapes = ""] = stdout.split("rmdir of a full directory: Directory not empty\n");
  t.notRegex(escapes, /done/, escapes);
  t.deepEqual(readdirSync(base).sort(), ["secret", "work"]);
  t.is(readFileSync(join(base, "secret"), "utf8"), "secret");
  t.deepEqual(readdirSync(work).sort(), ["dir", "out", "out-file", "soft"]);
});

test.serial("a directory with :ro cannot be changed", async (t) => {
  if (!(await hasTools(t))) return;
  const { work } = makeTrap(t);
  const { stdout } = await wasm(["--dir", `${work}:/work:ro`, buildModule("files")]);
  t.true(stdout.startsWith("create: Read-only file system\n"), stdout);
  t.deepEqual(readdirSync(work).sort(), ["out", "out-file"]);
});

const traps = test.macro({
  exec: async (t, way: string, message: string, where: string) => {
    t.timeout(180_000);
    if (!(await hasTools(t))) return;
    const { stdout, stderr, exitCode } = await wasm([buildModule("traps"), "--", way]);
    t.is(stderr, `coffer: wasm: ${message} in function ${where}\n`);
    t.is(stdout, "");
    t.is(exitCode, 134);
  },
  title: (_provided, way: string) => `a trap names itself and its function: ${way}`,
});

test.serial(traps, "bounds", "trap: out of bounds access", "bounds");
test.serial(traps, "far", "trap: out of bounds access", "bounds");
test.serial(traps, "divide", "trap: integer divide by zero", "divide");
test.serial(traps, "recurse", "trap: call stack exhausted", "recurse");
test.serial(traps, "unreachable", "trap: unreachable", "unreachable");
test.serial(traps, "convert", "trap: integer overflow", "convert");
test.serial("a module writes to no directory in which Coffer keeps what it believes", async (t) => {
  if (!(await hasTools(t))) return;
  const home = emptyDir(t);
  mkdirSync(join(home, "project"));
  const run = (dir: string) => wasm(["--dir", dir, buildModule("words")], { env: { HOME: home }, input: "" });
  const { stderr, exitCode } = await run(`${home}:/h`);
  t.regex(
    stderr,
    /cannot let the module write to ".*": ".*coffer" is in it, which Coffer believes: add :ro, or name a/,
  );
  t.is(exitCode, 125);
  symlinkSync(join(home, "project"), join(home, ".cache"));
  t.regex((await run(`${home}:/h`)).stderr, /the link ".*\.cache" leads to it/);
  for (const dir of [`${home}:/h:ro`, `${emptyDir(t)}:/h`]) t.is((await run(dir)).stderr, "to stderr\n");
});

const noFunction = "trap: indirect call to a function that is not there or has another type";
test.serial(traps, "wrong_type", noFunction, "wrong_type");
test.serial(traps, "no_function", noFunction, "no_function");

test.serial("a trap in a module without names says how to get them", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const bare = join(emptyDir(t), "bare.wasm");
  await command(["wasm-strip", buildModule("traps"), "-o", bare]);
  const { stderr, exitCode } = await wasm([bare, "--", "divide"]);
  const what = "coffer: wasm: trap: integer divide by zero";
  t.regex(stderr, new RegExp(`^${what} in function f\\d+: the module has no names: build it with -g\n$`));
  t.is(exitCode, 134);
});

test.serial("a module that takes too long is ended with status 124", async (t) => {
  if (!(await hasTools(t))) return;
  const began = performance.now();
  const { stderr, exitCode } = await wasm(["--timeout", "0.5", buildModule("traps"), "--", "spin"]);
  t.is(exitCode, 124);
  t.is(stderr, "coffer: the program was ended after 0.5 s (--timeout)\n");
  t.true(performance.now() - began < 5000, "SIGTERM ends it");
});

test.serial("memory.grow fails at the limit of memory, and the module goes on", async (t) => {
  t.timeout(180_000);
  if (!(await hasTools(t))) return;
  const { stdout, exitCode } = await wasm(["--memory", "64m", buildModule("memory")]);
  t.is(exitCode, 0);
  t.true(Number(stdout) > 16 && Number(stdout) < 64, stdout);
});

test.serial("a module that begins with more memory than the limit is rejected before it is compiled", async (t) => {
  if (!(await hasTools(t))) return;
  const { stderr, exitCode } = await wasm(["--memory", "64k", buildModule("memory")]);
  t.regex(stderr, /^coffer: the module begins with \d+ KiB of memory, and may have 64 KiB \(section memory\)\n$/);
  t.is(exitCode, 125);
});

test.serial("a policy holds for the container of a module", async (t) => {
  if (!(await hasTools(t))) return;
  const file = join(emptyDir(t), "policy.json");
  writeFileSync(file, '{"version":1,"mounts":{"types":[],"binds":[]}}');
  const { stdout, stderr, exitCode } = await wasm(["--policy", file, buildModule("words")]);
  t.is(stdout, "");
  t.regex(stderr, /^coffer: refused by the policy: [^\n]*\/mounts[^\n]*\n$/);
  t.is(exitCode, 125);
});

test.serial("an ordinary user runs a module, from a cache of the user's own", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "user", "userns", "wasm2c"))) return;
  const home = emptyDir(t);
  const { uid, gid } = userIds();
  const module = join(home, "app.wasm");
  copyFileSync(buildModule("words"), module);
  chmodSync(module, 0o644);
  chownSync(home, uid, gid);
  const env = { HOME: home, XDG_RUNTIME_DIR: home };
  const { stdout, exitCode } = await command([...asUser, ...cofferArgv(), "wasm", module, "--", "9"], {
    env,
    input: "",
    timeoutMs: 120_000,
  });
  t.is(stdout, "arg 9\nFOO is not set\n");
  t.is(exitCode, 9);
  t.is(statSync(join(home, ".cache/coffer/wasm")).uid, uid);
});
