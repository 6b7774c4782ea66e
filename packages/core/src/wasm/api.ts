// The functions for programs: modules as `run` has containers.

import { limitKnown, makeKnown } from "../api/check-options.ts";
import type { AsBytes, Limits, Output, ProcessRunOptions, SourceOptions } from "../api/options.ts";
import type { Subprocess } from "../api/subprocess.ts";
import { makeSubprocess, runtimeOf } from "../api/subprocess.ts";
import { underPolicy } from "../runtime/policy/under-policy.ts";
import type { Cached } from "./build/store.ts";
import type { WasmDirOption } from "./run.ts";
import { compileModule, loadModule, wasm } from "./run.ts";

/** Options of `runWasm`. `args` are what follows the module's name. */
export interface RunWasmOptions
  extends Omit<ProcessRunOptions, "user" | "cwd">,
    Pick<SourceOptions, "runtime" | "policy"> {
  /** The module: its bytes, or the path of its file. */
  readonly module: string | Uint8Array;
  /** Directories that the module is given; it finds nothing else of the host. */
  readonly dirs?: readonly WasmDirOption[];
  /** `memory` is also the most that the linear memory may have. */
  readonly limits?: Limits;
  /**
   * Begin with a snapshot of what this function of the module has made: true for `wizer.initialize` or `_initialize`. It runs once,
   * when the module is compiled.
   */
  readonly init?: string | boolean;
  /** That function may call imports of WASI, which answer the same to everybody: no arguments, no files, no random bytes. */
  readonly initWasi?: boolean;
}

const runWasmKnown = makeKnown(
  {
    module: ["bytes or a path", (value) => typeof value === "string" || value instanceof Uint8Array],
    dirs: [
      "a list of objects with host, and perhaps guest and readonly",
      (value) => Array.isArray(value) && value.every(isDir),
    ],
    limits: limitKnown,
    init: ["the name of a function, or a boolean", (value) => typeof value === "string" || typeof value === "boolean"],
    initWasi: ["a boolean", (value) => typeof value === "boolean"],
  },
  [
    "args",
    "env",
    "stdin",
    "input",
    "stdout",
    "stderr",
    "buffer",
    "encoding",
    "maxBuffer",
    "timeoutMs",
    "signal",
    "runtime",
    "policy",
  ],
);

function isDir(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("host" in value) || typeof value.host !== "string") return false;
  const { host: _host, ...rest } = value;
  const known: Readonly<Record<string, string>> = { guest: "string", readonly: "boolean" };
  return Object.entries(rest).every(([name, one]) => one === undefined || typeof one === known[name]);
}

/**
 * Runs a command of WASI preview 1 in a container of its own. The module is compiled when it is run for the first time.
 *
 * @throws {CofferError} when the module is no command, or the container could not be made; a program that fails is a result
 * @example
 * const { stdout } = await runWasm({ module: "app.wasm", args: ["hello"], dirs: [{ host: "data", readonly: true }] });
 */
export function runWasm(options: RunWasmOptions): Subprocess;
export function runWasm(options: AsBytes<RunWasmOptions>): Subprocess<Uint8Array>;
export function runWasm(options: RunWasmOptions | AsBytes<RunWasmOptions>): Subprocess<Output> {
  return makeSubprocess(options, {
    known: runWasmKnown,
    canBeOutlived: false,
    id: (runtime) => `wasm-${runtime.system.randomId()}`,
    launch: async (runtime, { module, args, env, dirs, limits, init, initWasi, policy }, how) =>
      wasm(await underPolicy(runtime, policy), { module, args, env, dirs, limits, init, initWasi, ...how }),
  });
}

/**
 * Compiles a module ahead, so that `runWasm` finds its program.
 *
 * @throws {CofferError} E_MODULE_INVALID, E_COMPILE_FAILED, E_HOST_UNSUPPORTED, E_TIMEOUT
 */
export function compileWasm(
  options: Pick<RunWasmOptions, "module" | "init" | "initWasi" | "runtime">,
): Promise<Cached> {
  const runtime = runtimeOf(options);
  return compileModule(
    runtime,
    loadModule(runtime, options.module, { init: options.init, initWasi: options.initWasi }),
  );
}
