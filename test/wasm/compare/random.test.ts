// Random modules that are valid: what they compute, where they trap, and what their memory is afterwards is as in V8.
import { spawnSync } from "node:child_process";
import { openRuntime } from "@coffer/core";
import { compileModule, loadModule } from "@coffer/core/wasm";
import type { ExecutionContext } from "ava";
import test from "ava";
import { makeRandom } from "../../../packages/spec/src/testing/mutate.ts";
import { needs } from "../../helpers/needs.ts";
import { emptyDir } from "../module.ts";
import { tccAlone } from "../tools.ts";
import type { Features, RandomModule } from "./random.ts";
import { makeRandomModule } from "./random.ts";

const isNightly = process.env.COFFER_TESTS === "nightly";
const seed = Number(process.env.COFFER_SEED ?? 20_261_130);
const count = Number(process.env.COFFER_MODULES ?? (isNightly ? 2000 : 20));
const bytesOf = (index: number): Uint8Array => {
  const random = makeRandom(seed + index);
  return Uint8Array.from({ length: 6000 }, () => random(256));
};

/** What a run has written, and whether it has ended by a trap. */
interface Seen {
  readonly output: string;
  readonly trapped: boolean;
}

// Not in the lib of ECMAScript.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Command };
};

/** What the module exports. */
interface Command {
  readonly memory: { readonly buffer: ArrayBuffer };
  _start(): void;
}

/** A run in V8, with as many arguments. */
function inV8(module: object, words: number): Seen {
  const parts: Uint8Array[] = [];
  const view = (): DataView => new DataView(exports.memory.buffer);
  const imports = {
    args_sizes_get: (at: number, size: number): number => {
      view().setUint32(at, words, true);
      view().setUint32(size, words * 2, true);
      return 0;
    },
    fd_write: (_fd: number, at: number, _count: number, written: number): number => {
      const [from, size] = [view().getUint32(at, true), view().getUint32(at + 4, true)];
      parts.push(new Uint8Array(exports.memory.buffer.slice(from, from + size)));
      view().setUint32(written, size, true);
      return 0;
    },
  };
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  let trapped = false;
  try {
    exports._start();
  } catch {
    trapped = true;
  }
  return { output: Buffer.concat(parts).toString("hex"), trapped };
}

/** The same by the compiled program, whose own settings come first. */
function compiled(program: string, words: number): Seen {
  const args = ["65536", "0", ...Array.from({ length: words }, () => "a")];
  const { stdout, status } = spawnSync(program, args, { maxBuffer: 2 ** 28 });
  return { output: stdout.toString("hex"), trapped: status === 134 };
}

type Tier = "best" | "quick";

async function firstDifference({ bytes, functions }: RandomModule, tier: Tier): Promise<string | undefined> {
  const module = new WebAssembly.Module(bytes);
  const runtime = openRuntime();
  const { path } = await compileModule(runtime, loadModule(runtime, bytes), { tier });
  for (let words = 1; words <= functions; words += 1) {
    const [expected, seen] = [inV8(module, words), compiled(path, words)];
    if (expected.output !== seen.output || expected.trapped !== seen.trapped)
      return `function ${words} of ${functions}: V8 ${JSON.stringify(expected)}, compiled ${JSON.stringify(seen)}`;
  }
  return undefined;
}

async function compare(t: ExecutionContext, tier: Tier, wanted: Features): Promise<void> {
  process.env.XDG_CACHE_HOME = emptyDir(t);
  let left = count;
  let functions = 0;
  const work = async (worker: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const index = left;
      const module = makeRandomModule(emptyDir(t), bytesOf(index), wanted);
      functions += module.functions;
      const found = await firstDifference(module, tier);
      t.is(found, undefined, `module ${index} of seed ${seed}, worker ${worker}`);
    }
  };
  await Promise.all([work(0), work(1)]);
  t.log(`${functions} functions`);
  t.true(functions >= count);
}

const timeout = isNightly ? 7_200_000 : 300_000;

test.serial(`${count} random modules do what they do in V8`, async (t) => {
  t.timeout(timeout);
  if (!(await needs(t, "root", "userns", "wasm2c", "wasm-opt", "simde"))) return;
  await compare(t, "best", "all");
});

test.serial(`${count} random modules that are compiled quickly do what they do in V8`, async (t) => {
  t.timeout(timeout);
  if (!(await needs(t, "root", "userns", "wasm2c", "wasm-opt", "tcc"))) return;
  Object.assign(process.env, tccAlone(t));
  await compare(t, "quick", "plain");
});
