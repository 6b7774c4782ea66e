// An engine of the host in the place of a compiled program: only for a caller who names one. It runs in a sandbox, since it is
// a compiler or an interpreter that reads what a stranger wrote.
import { CofferError } from "../errors.ts";
import { stdioOf } from "../runtime/launch/process-options.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { RunningSandbox } from "../runtime/verbs/sandbox.ts";
import { sandbox } from "../runtime/verbs/sandbox.ts";
import { toAbsolute } from "../system/working-directory.ts";
import { shimDir } from "./build/places.ts";
import { dirsOutside, inPath } from "./build/tools.ts";
import type { WasmDir } from "./plan.ts";
import type { WasmVerbOptions } from "./run.ts";
import { findDir, loadModule, pagesOf } from "./run.ts";

/** What is asked of an engine. */
interface Asked {
  readonly module: string;
  readonly dirs: readonly WasmDir[];
  /** `NAME=VALUE` */
  readonly env: readonly string[];
  /** Pages that the memory may have, if there is a limit. */
  readonly pages: number | undefined;
}

const each = (flag: string, values: readonly string[]): readonly string[] => values.flatMap((value) => [flag, value]);

/** The words before the module's own. */
const words = {
  wasmedge: ({ module, dirs, env, pages }: Asked) => [
    ...each(
      "--dir",
      dirs.map(({ host, guest, readonly }) => `${guest}:${host}${readonly ? ":readonly" : ""}`),
    ),
    ...each("--env", env),
    ...(pages === undefined ? [] : ["--memory-page-limit", `${pages}`]),
    "--",
    module,
  ],
  wasmtime: ({ module, dirs, env, pages }: Asked) => [
    "run",
    ...each(
      "--dir",
      dirs.map(({ host, guest }) => `${host}::${guest}`),
    ),
    ...each("--env", env),
    ...(pages === undefined ? [] : ["-W", `max-memory-size=${pages * 65_536}`]),
    module,
  ],
} as const;

/** An engine that can be named. */
export type Engine = keyof typeof words;

export const engines: readonly Engine[] = ["wasmedge", "wasmtime"];

function findEngine({ system }: Runtime, engine: Engine): string {
  const found = inPath(system, engine);
  if (found !== undefined) return found;
  const hint = `install ${engine}, or compile modules: the packages wabt and clang or gcc with binutils`;
  const details = { needs: engine, found: "none" };
  throw new CofferError("E_HOST_UNSUPPORTED", `--engine needs the program ${engine} in PATH`, details, { hint });
}

function moduleFile({ system }: Runtime, module: WasmVerbOptions["module"]): string {
  const path = typeof module === "string" ? toAbsolute(system, module) : undefined;
  if (path !== undefined && system.stat(path).kind === "file") return path;
  throw new CofferError("E_USAGE", "an engine takes the module as a file", { argument: "module" });
}

/** Runs a module by an engine of the host, in a sandbox that sees the module and its directories. It ends with us. */
export function wasmByEngine(runtime: Runtime, engine: Engine, options: WasmVerbOptions): Promise<RunningSandbox> {
  const { limits = {}, args = [], env = {} } = options;
  // What is no module of preview 1 is the same error as without an engine.
  loadModule(runtime, options.module, { memory: limits.memory });
  const module = moduleFile(runtime, options.module);
  const program = findEngine(runtime, engine);
  const dirs = (options.dirs ?? []).map((dir) => findDir(runtime, dir));
  const asked = {
    module,
    dirs,
    env: Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    pages: limits.memory === undefined ? undefined : pagesOf(limits.memory),
  };
  const hostsOf = (isReadonly: boolean) => dirs.filter((dir) => dir.readonly === isReadonly).map(({ host }) => host);
  return sandbox(runtime, {
    args: [program, ...words[engine](asked), ...args],
    // As where modules are compiled: nothing of the caller's is there.
    cwd: shimDir(),
    read: [module, ...hostsOf(true), ...dirsOutside([program])],
    write: hostsOf(false),
    tools: "none",
    guards: false,
    limits,
    stdio: stdioOf(options),
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
    cancel: options.cancel,
  });
}
