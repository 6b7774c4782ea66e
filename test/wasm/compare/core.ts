// The core specification's tests on what modules are compiled to. A script of several modules that share something is left out.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CofferError, openRuntime } from "@coffer/core";
import { compileWords } from "../../../packages/core/src/wasm/build/compile.ts";
import { shimDir } from "../../../packages/core/src/wasm/build/places.ts";
import type { Tier } from "../../../packages/core/src/wasm/build/store.ts";
import { findTools } from "../../../packages/core/src/wasm/build/tools.ts";
import type { Module } from "../../../packages/core/src/wasm/module/module.ts";
import { readModule } from "../../../packages/core/src/wasm/module/read.ts";
import { suiteDirectory } from "../../helpers/needs.ts";
import { harnessOf } from "./harness.ts";
import type { Command, Part } from "./script.ts";
import { partsOf, readScript } from "./script.ts";

/** What came of the assertions of a script. */
export interface Result {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Assertions of what coffer rejects by name, or of several modules. */
  readonly left: number;
}

/** The words for a trap here, by those of the specification. */
const traps: readonly (readonly [RegExp, string])[] = [
  [/out of bounds|oob/, "out of bounds access"],
  [/integer overflow/, "integer overflow"],
  [/divide by zero/, "integer divide by zero"],
  [/invalid conversion/, "invalid conversion to integer"],
  [/unreachable/, "unreachable"],
  [/element|indirect call|signatures/, "indirect call to a function that is not there or has another type"],
  [/exhausted/, "call stack exhausted"],
];
const trapOf = (text: string): string => traps.find(([pattern]) => pattern.test(text))?.[1] ?? text;

const arch = "x86_64";

/** A module with a harness, and how it is compiled. */
interface Harnessed {
  readonly bytes: Uint8Array;
  readonly module: Module;
  readonly harness: string;
  readonly tier: Tier;
}

/** The program; undefined if the module does not compile. */
function compileWith(base: string, { bytes, module, harness, tier }: Harnessed): string | undefined {
  const home = join(base, "home");
  mkdirSync(home);
  for (const name of ["compile.sh", "snapshot.sh", "include", `libwasi-${arch}.a`])
    symlinkSync(join(shimDir(), name), join(home, name));
  writeFileSync(join(home, "entry.c"), harness);
  const tools = findTools(openRuntime().system, arch);
  const words = compileWords(tools, home, { module, imports: [], pages: 0 }, { checked: false, tier, arch });
  const program = join(base, "program");
  const env = { ...process.env, TMPDIR: base };
  const options = { input: bytes, env, maxBuffer: 2 ** 28 };
  const { status, stdout } = spawnSync("/bin/sh", [join(home, "compile.sh"), ...words], options);
  if (status !== 0) return undefined;
  writeFileSync(program, stdout, { mode: 0o755 });
  return program;
}

/** Whether each assertion holds, by what the program has written. */
function judge(asserts: readonly Command[], told: string): readonly boolean[] {
  const lines = told.split("\n");
  return asserts.map(({ type, text = "" }, index) => {
    const number = `${index}`.padStart(7, "0");
    if (type !== "assert_trap" && type !== "assert_exhaustion") return lines.includes(`C ${number} 1`);
    const at = lines.indexOf(`T ${number} 1`);
    return at >= 0 && lines[at + 1]?.startsWith(`coffer: wasm: trap: ${trapOf(text)}`) === true;
  });
}

/** A module that is read, and has no more than one program can have; undefined if coffer rejects it by name. */
function accepted(bytes: Uint8Array): Module | undefined {
  try {
    const module = readModule(bytes);
    const names = module.imports.map(({ name }) => name);
    const isAlone = new Set(names).size === names.length && module.imports.every((one) => one.module === "spectest");
    return isAlone && module.memories.length < 2 && module.memories.every((one) => !one.isShared) ? module : undefined;
  } catch (error) {
    if (CofferError.is(error, "E_MODULE_INVALID")) return undefined;
    throw error;
  }
}

function translate(base: string, path: string): string | undefined {
  const { status } = spawnSync("wasm2c", [path, "-n", "guest", "-o", join(base, "guest.c")]);
  return status === 0 ? readFileSync(join(base, "guest.h"), "utf8") : undefined;
}

function runPart(from: string, { module, asserts }: Part, tier: Tier): Result {
  const base = mkdtempSync(join(from, "part-"));
  try {
    const path = join(from, module.filename ?? "");
    const bytes = readFileSync(path);
    const read = accepted(bytes);
    const header = read === undefined ? undefined : translate(base, path);
    if (read === undefined || header === undefined) return { passed: 0, failed: [], left: asserts.length };
    if (asserts.length === 0) return { passed: 0, failed: [], left: 0 };
    const program = compileWith(base, { bytes, module: read, harness: harnessOf(header, asserts), tier });
    if (program === undefined)
      return { passed: 0, failed: asserts.map(({ line }) => `line ${line}: not compiled`), left: 0 };
    const { stderr } = spawnSync(program, ["65536", "0", "module"], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      timeout: 60_000,
    });
    const held = judge(asserts, stderr);
    const failed = asserts.flatMap(({ line, type }, index) => (held[index] ? [] : [`line ${line}: ${type}`]));
    return { passed: held.filter((one) => one).length, failed, left: 0 };
  } finally {
    rmSync(base, { recursive: true });
  }
}

/** Whether a module that is not valid is rejected, by the reader or by wasm2c. */
function isRejected(base: string, path: string): boolean {
  try {
    readModule(readFileSync(path));
  } catch (error) {
    return CofferError.is(error, "E_MODULE_INVALID");
  }
  return translate(base, path) === undefined;
}

/** Runs a script; undefined if it is of a proposal. */
export function runScript(path: string, base: string, tier: Tier): Result | undefined {
  const commands = readScript(path, base);
  if (commands === undefined) return undefined;
  const failed: string[] = [];
  let [passed, left] = [0, 0];
  for (const { type, filename = "", line, module_type: form } of commands) {
    if (form !== "binary" || (type !== "assert_invalid" && type !== "assert_malformed")) continue;
    if (isRejected(base, join(base, filename))) passed += 1;
    else failed.push(`line ${line}: ${type}`);
  }
  const isShared = commands.some(({ type }) => type === "register");
  for (const part of partsOf(commands)) {
    const result = isShared ? { passed: 0, failed: [], left: part.asserts.length } : runPart(base, part, tier);
    passed += result.passed;
    left += result.left;
    failed.push(...result.failed);
  }
  return { passed, failed: failed.map((one) => `${basename(path)} ${one}`), left };
}

/** Unpacks the scripts; undefined if the source package is not there. */
export function unpackSuite(base: string): string | undefined {
  const names = spawnSync("sh", ["-c", `ls ${suiteDirectory}/binaryen_*.orig.tar.*`], { encoding: "utf8" });
  const [archive] = names.stdout.split("\n");
  if (names.status !== 0 || archive === undefined) return undefined;
  execFileSync("tar", ["-xf", archive, "-C", base, "--strip-components=1", "--wildcards", "*/test/spec/*.wast"]);
  return join(base, "test/spec");
}
