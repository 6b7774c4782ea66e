// What is kept of compiled modules: used only if it is as it was written, and never somebody else's.
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

/** The one entry of a cache. */
function entryOf(base: string): string {
  const dir = join(base, "coffer/wasm");
  const [key = ""] = readdirSync(dir);
  return join(dir, key);
}

test.serial("a program that was changed in the cache is compiled again, and not run", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  const module = buildModule("words");
  t.is((await wasm(["compile", module], { env })).exitCode, 0);
  const program = join(entryOf(base), "program");
  const good = readFileSync(program);
  t.is(statSync(program).mode & 0o777, 0o555);
  chmodSync(program, 0o755);
  writeFileSync(program, readFileSync("/bin/true"));
  const { stdout, exitCode } = await wasm([module, "--", "3"], { env, input: "" });
  t.is(stdout, "arg 3\nFOO is not set\n");
  t.is(exitCode, 3);
  t.deepEqual(readFileSync(program), good);
});

test.serial("a cache that others may write to is not used", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  const module = buildModule("words");
  t.is((await wasm(["compile", module], { env })).exitCode, 0);
  chmodSync(join(base, "coffer/wasm"), 0o777);
  const { stderr, exitCode } = await wasm([module], { env });
  t.regex(stderr, /cannot use the cache .*: others may write to it/);
  t.is(exitCode, 125);
});

test.serial("a cache behind a link is used where it is", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  mkdirSync(join(base, "real"));
  symlinkSync("real", join(base, "link"));
  const { exitCode, stderr } = await wasm([buildModule("words")], { env: { XDG_CACHE_HOME: join(base, "link") } });
  t.is(exitCode, 0, stderr);
  t.deepEqual(readdirSync(join(base, "real/coffer")), ["wasm"]);
});

test.serial("prune removes programs, and list tells what there is", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const base = emptyDir(t);
  const env = { XDG_CACHE_HOME: base };
  t.is((await wasm(["compile", buildModule("words")], { env })).exitCode, 0);
  const { stdout: listed } = await wasm(["cache", "list"], { env });
  t.regex(listed, /^[0-9a-f]{64} +\d+ KiB {2}\d{4}-/);
  const digest = createHash("sha256")
    .update(readFileSync(buildModule("words")))
    .digest("hex");
  t.is(listed.slice(0, 64), digest, "list has the digest of the module");
  t.is((await wasm(["compile", buildModule("words")], { env })).stdout.slice(0, 64), digest, "and so has compile");
  t.is((await wasm(["--size", "1g", "cache", "prune"], { env })).stdout, "0 removed, 0 KiB\n");
  t.regex((await wasm(["cache", "prune"], { env })).stderr, /give --size, the bytes that may stay; 0 is everything/);
  t.true(existsSync(entryOf(base)));
  t.regex((await wasm(["--size", "0", "cache", "prune"], { env })).stdout, /^1 removed, \d+ KiB\n$/);
  t.deepEqual(readdirSync(join(base, "coffer/wasm")), []);
});
