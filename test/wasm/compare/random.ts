// Random modules that are valid, as commands of WASI: binaryen makes a module of random bytes, and writes what it computes by
// functions of ours.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readModule } from "../../../packages/core/src/wasm/module/read.ts";

const enable = (...names: readonly string[]) => names.map((name) => `--enable-${name}`);
const plain = ["--mvp-features", ...enable("bulk-memory", "sign-ext", "nontrapping-float-to-int", "mutable-globals")];
/** `plain` is what tcc compiles too. */
const features = { all: [...plain, ...enable("simd", "multivalue")], plain } as const;
export type Features = keyof typeof features;

const wasi = '"wasi_snapshot_preview1"';

/** Uses memory of the module for a moment: it is as it was afterwards. */
const saved = (places: number): { readonly locals: string; readonly save: string; readonly restore: string } => {
  const at = Array.from({ length: places }, (_, index) => index);
  return {
    locals: at.map((index) => `(local $s${index} i64)`).join(" "),
    save: at.map((index) => `(local.set $s${index} (i64.load (i32.const ${index * 8})))`).join("\n"),
    restore: at.map((index) => `(i64.store (i32.const ${index * 8}) (local.get $s${index}))`).join("\n"),
  };
};

const log = saved(4);

const vectorLog = `(func (export "log-v128") (param v128)
    (call $log (i64.const 5) (i64x2.extract_lane 0 (local.get 0)))
    (call $log (i64.const 6) (i64x2.extract_lane 1 (local.get 0))))`;

/** What the random module imports: each value is written as its kind and its bits. */
const supportOf = (wanted: Features): string => `(module
  (import ${wasi} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "random" "memory" (memory 1))
  (func $log (param $kind i64) (param $bits i64) ${log.locals}
    ${log.save}
    (i64.store (i32.const 0) (i64.const 0x1000000010))
    (i64.store (i32.const 16) (local.get $kind))
    (i64.store (i32.const 24) (local.get $bits))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    ${log.restore})
  (func (export "log-i32") (param i32) (call $log (i64.const 1) (i64.extend_i32_u (local.get 0))))
  (func (export "log-i64") (param i64) (call $log (i64.const 2) (local.get 0)))
  (func (export "log-f32") (param f32)
    (call $log (i64.const 3) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0)))))
  (func (export "log-f64") (param f64) (call $log (i64.const 4) (i64.reinterpret_f64 (local.get 0))))
  ${wanted === "all" ? vectorLog : ""})`;

/** Calls the function whose number is that of the arguments, and writes a hash of the memory. */
function startOf(names: readonly string[]): string {
  const { locals, save, restore } = saved(1);
  const imports = names.map((name, index) => `(import "random" "${name}" (func $call${index}))`);
  const calls = names.map(
    (_, index) => `(if (i32.eq (local.get $count) (i32.const ${index + 1})) (then (call $call${index})))`,
  );
  return `(module
    (import ${wasi} "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "random" "memory" (memory 1))
    (import "random" "hashMemory" (func $hash (result i32)))
    (import "fuzzing-support" "log-i32" (func $log (param i32)))
    ${imports.join("\n")}
    (func (export "_start") (local $count i32) ${locals}
      ${save}
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (local.set $count (i32.load (i32.const 0)))
      ${restore}
      ${calls.join("\n")}
      (call $log (call $hash))))`;
}

const run = (file: string, args: readonly string[]): void => {
  execFileSync(file, args, { stdio: ["ignore", "ignore", "pipe"] });
};

/** A random command. */
export interface RandomModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As many arguments, the module's name among them, select one of its functions each. */
  readonly functions: number;
}

/** Makes a command of random bytes, in a directory for its files. */
export function makeRandomModule(base: string, random: Uint8Array, wanted: Features): RandomModule {
  const path = (name: string): string => join(base, name);
  writeFileSync(path("bytes"), random);
  run("wasm-opt", ["-ttf", path("bytes"), "-o", path("random.wasm"), ...features[wanted], "--denan"]);
  const { exports } = readModule(readFileSync(path("random.wasm")));
  const names = exports.flatMap(({ name }) => (name.endsWith("_invoker") ? [name] : []));
  for (const [name, text] of [
    ["fuzzing-support", supportOf(wanted)],
    ["start", startOf(names)],
  ] as const) {
    writeFileSync(path(`${name}.wat`), text);
    run("wat2wasm", [path(`${name}.wat`), "-o", path(`${name}.wasm`)]);
  }
  const parts = ["random", "fuzzing-support", "start"].flatMap((name) => [path(`${name}.wasm`), name]);
  run("wasm-merge", [...parts, "-o", path("merged.wasm"), ...features[wanted], "--enable-multimemory"]);
  return { bytes: new Uint8Array(readFileSync(path("merged.wasm"))), functions: names.length };
}
