// The verb for WebAssembly modules.
import type { Runtime } from "@coffer/core";
import type { WasmDirOption } from "@coffer/core/wasm";
import * as modules from "@coffer/core/wasm";
import { toOneLine } from "../output/one-line.ts";
import { UsageError } from "../parse/flags.ts";
import { severities } from "../table/groups.ts";
import type { Call } from "./call.ts";
import { print } from "./call.ts";
import { onGuarded } from "./guarded.ts";
import { endAfter, finish, timedOut, traceOptions } from "./running.ts";
import { all, limitsOf, readSize, readVariable, timeoutOf } from "./sandbox-options.ts";
import { shownOf } from "./shown.ts";

const kibi = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

/** `HOST`, `HOST:GUEST`, and `:ro` behind either. */
function readDir(word: string): WasmDirOption {
  const readonly = word.endsWith(":ro");
  const [host = "", guest, ...rest] = (readonly ? word.slice(0, -3) : word).split(":");
  if (host === "" || guest === "" || rest.length > 0)
    throw new UsageError(
      `--dir: ${JSON.stringify(word)} is not HOST, HOST:GUEST or HOST:GUEST:ro: no path may have a colon`,
    );
  return { host, readonly, ...(guest === undefined ? {} : { guest }) };
}

/** What the flags say of a module. */
function optionsOf({ id, rest, values }: Call) {
  return {
    module: id,
    args: rest,
    dirs: values.texts("dir")?.map(readDir),
    env: all(values.texts("env"), readVariable),
    limits: limitsOf(values),
    onCompile: tellCompiling(id),
  };
}

/** Compiling takes a while, which somebody at a terminal should know. */
const tellCompiling = (name: string) => (): void => {
  if (process.stderr.isTTY) process.stderr.write(`${toOneLine(`coffer: compiling ${name}`)}\n`);
};

/** What `--show` asks for, instead of a launch. */
async function show(runtime: Runtime, what: string, call: Call): Promise<number> {
  const form = call.values.boolean("json") ? "json" : "text";
  if (what === "plan") return print(await modules.showWasmPlan(runtime, optionsOf(call), form));
  const failOn = severities.find((one) => one === call.values.text("fail-on"));
  const { text, status } = await modules.auditWasm(runtime, optionsOf(call), { form, failOn });
  print(text);
  return status;
}

async function run(runtime: Runtime, call: Call): Promise<number> {
  const { values } = call;
  const shown = shownOf(values, ["plan", "audit"]);
  if (shown !== undefined) return show(runtime, shown, call);
  const timeoutMs = timeoutOf(values);
  const running = await modules.wasm(runtime, { ...optionsOf(call), ...traceOptions(values), forwardSignals: true });
  const end = endAfter(runtime, running, timeoutMs);
  const status = await finish(runtime, running, values, "summary");
  return end.isOver() ? timedOut : status;
}

async function compile(runtime: Runtime, path: string): Promise<number> {
  const { module, size, found } = await modules.compileModule(
    runtime,
    modules.loadModule(runtime, path),
    tellCompiling(path),
  );
  return print(`${module}  ${kibi(size)}${found ? ", compiled before" : ""}`);
}

function cache({ system }: Runtime, what: string, { values }: Call): number {
  if (what === "prune") {
    const size = values.text("size");
    if (size === undefined)
      throw new UsageError("wasm cache prune: give --size, the bytes that may stay; 0 is everything");
    const removed = modules.pruneCache(system, readSize("size", size));
    const bytes = removed.reduce((sum, one) => sum + one.size, 0);
    return print(`${removed.length} removed, ${kibi(bytes)}`);
  }
  if (what !== "list") throw new UsageError("wasm cache: give list or prune");
  const entries = modules.listCache(system);
  if (values.boolean("json")) return print(JSON.stringify(entries, null, "\t"));
  const line = ({ module, size, modified }: (typeof entries)[number]): string =>
    `${module}  ${kibi(size).padStart(10)}  ${new Date(modified).toISOString()}`;
  return print(entries.map(line).join("\n"));
}

/** What is not the path of a module; a module of that name is `./inspect`. */
const others = ["inspect", "compile", "cache"];

export const wasm = onGuarded(async (runtime, call) => {
  const { id, rest, values } = call;
  if (!others.includes(id)) return run(runtime, call);
  const [object, extra] = rest;
  if (object === undefined) throw new UsageError(`wasm ${id}: give ${id === "cache" ? "list or prune" : "a module"}`);
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}: flags stand before ${id}`);
  if (id === "inspect") return print(modules.inspectModule(runtime, object, values.boolean("json") ? "json" : "text"));
  return id === "compile" ? compile(runtime, object) : cache(runtime, object, call);
});
