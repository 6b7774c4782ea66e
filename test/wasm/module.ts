// Modules for the tests: C programs of test/wasm/programs as commands of WASI preview 1, built once for each content.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { repository } from "../helpers/build.ts";
import type { CommandOptions, Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const built = join(repository, "test/.cache");
const common = ["-target", "wasm32-wasi", "-O1", "-Wl,-z,stack-size=65536"];
/** Of programs that use what the others must not. */
const special: Readonly<Record<string, readonly string[]>> = { vectors: ["-msimd128"] };

/** The path of a module. */
export function buildModule(name: string): string {
  const flags = [...common, ...(special[name] ?? [])];
  const source = join(import.meta.dirname, "programs", `${name}.c`);
  const hash = createHash("sha256").update(flags.join(" ")).update(readFileSync(source)).digest("hex");
  const output = join(built, `wasm-${name}-${hash.slice(0, 16)}.wasm`);
  if (existsSync(output)) return output;
  mkdirSync(built, { recursive: true });
  const temporary = `${output}.${process.pid}`;
  const zig = process.env.ZIG ?? join(repository, "node_modules/.bin/zig");
  execFileSync(zig, ["cc", ...flags, source, "-o", temporary], { stdio: ["ignore", "ignore", "inherit"] });
  renameSync(temporary, output);
  return output;
}

/** Compiled modules of all tests: they are verified whenever they are used. */
export const cache = join(built, "wasm-cache");

/** An empty directory, which goes with the test. */
export function emptyDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), "cft-wasm-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** `coffer wasm` with these words. */
export function wasm(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const env = { XDG_CACHE_HOME: cache, ...options.env };
  return command([...cofferArgv(), "wasm", ...words], { timeoutMs: 120_000, ...options, env });
}
