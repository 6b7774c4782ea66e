// The verb for WebAssembly modules.
import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { resolve } from "node:path";
import type { Runtime } from "@coffer/core";
import type { WantedTier, WasmDirOption } from "@coffer/core/wasm";
import * as modules from "@coffer/core/wasm";
import { toOneLine } from "../output/one-line.ts";
import { lookOf } from "../output/screen.ts";
import { UsageError } from "../parse/flags.ts";
import { severities } from "../table/groups.ts";
import type { Call } from "./call.ts";
import { print } from "./call.ts";
import { onGuarded } from "./guarded.ts";
import type { Tracing } from "./running.ts";
import { endAfter, finish, openTrace } from "./running.ts";
import { all, limitsOf, readSize, readVariable, timeoutOf } from "./sandbox/sandbox-options.ts";
import { shownOf } from "./sandbox/shown.ts";

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

/** What `--tier` asks for. */
const tiers: Readonly<Record<string, WantedTier>> = { auto: "soon", quick: "quick", best: "best" };

/** The function that `--init` names, or true for the usual ones. */
function initOf(values: Call["values"]): string | boolean {
  const name = values.text("init");
  return name === "" ? true : (name ?? false);
}

/** What the flags say of a module. */
export function optionsOf({ id, rest, values }: Pick<Call, "id" | "rest" | "values">) {
  return {
    module: id,
    args: rest,
    dirs: values.texts("dir")?.map(readDir),
    env: all(values.texts("env"), readVariable),
    limits: limitsOf(values),
    init: initOf(values),
    initWasi: values.boolean("init-wasi"),
    tier: tiers[values.text("tier") ?? "auto"],
    onCompile: tellCompiling(id),
  };
}

/** Compiling takes a while: somebody at a terminal sees how far it is. */
const tellCompiling = (name: string) => (done: number, total: number) => {
  if (!process.stderr.isTTY) return;
  const line = toOneLine(`coffer: compiling ${name}: ${done} of ${total} parts`);
  process.stderr.write(`\r${done === total ? "" : line}\u001b[K`);
};

/** Compiles well in the background, for the next time. */
function improve({ id, policy, values }: Call): void {
  const [node, front = ""] = process.argv;
  const init = values.text("init");
  const flags = [
    ...(policy === undefined ? [] : ["--policy", policy]),
    ...(init === undefined ? [] : [`--init=${init}`]),
    ...(values.boolean("init-wasi") ? ["--init-wasi"] : []),
  ];
  const words = ["wasm", ...flags, "--idle", "compile", resolve(id)];
  const child = spawn(node ?? process.execPath, [front, ...words], { detached: true, stdio: "ignore" });
  // Without it the module is as slow the next time, and nothing else.
  child.on("error", () => {});
  child.unref();
}

/** What `--show` asks for, instead of a launch. */
async function show(runtime: Runtime, what: string, call: Call): Promise<number> {
  const form = call.values.boolean("json") ? "json" : "text";
  const look = lookOf(runtime.system.caller);
  if (what === "plan") return print(await modules.showWasmPlan(runtime, optionsOf(call), form, look));
  const failOn = severities.find((one) => one === call.values.text("fail-on"));
  const { text, status } = await modules.auditWasm(runtime, optionsOf(call), { form, failOn });
  print(text);
  return status;
}

/** Launches the module as a program of its own, or by the engine that was named. */
function launch(runtime: Runtime, call: Call, tracing: Tracing): ReturnType<typeof modules.wasm> {
  const { values } = call;
  const isAuto = (values.text("tier") ?? "auto") === "auto";
  const onQuick = isAuto ? () => improve(call) : undefined;
  const options = { ...optionsOf(call), ...tracing.options, onQuick, forwardSignals: true };
  const engine = modules.engines.find((one) => one === values.text("engine"));
  return engine === undefined ? modules.wasm(runtime, options) : modules.wasmByEngine(runtime, engine, options);
}

async function run(runtime: Runtime, call: Call): Promise<number> {
  const { values } = call;
  const shown = shownOf(values, ["plan", "audit"]);
  if (shown !== undefined && values.text("engine") !== undefined)
    throw new UsageError("wasm: --engine and --show do not go together: what an engine runs in is a sandbox");
  if (shown !== undefined) return show(runtime, shown, call);
  const timeoutMs = timeoutOf(values);
  const tracing = openTrace(runtime, values);
  const running = await launch(runtime, call, tracing);
  const end = endAfter(runtime, running, timeoutMs);
  return end.statusOf(await finish(runtime, running, tracing, "summary"));
}

async function compile(runtime: Runtime, path: string, { values }: Call): Promise<number> {
  const loaded = modules.loadModule(runtime, path, { init: initOf(values), initWasi: values.boolean("init-wasi") });
  const isIdle = values.boolean("idle");
  if (isIdle) setPriority(19);
  const tier = tiers[values.text("tier") ?? "best"];
  const made = isIdle
    ? await modules.improveModule(runtime, loaded)
    : await modules.compileModule(runtime, loaded, { tier, onCompile: tellCompiling(path) });
  if (made === undefined) return print("another module is being compiled");
  const what = `${made.module}  ${kibi(made.size)}  ${made.tier}${snapshotText(made)}`;
  return print(`${what}${made.found ? ", compiled before" : ""}`);
}

const snapshotText = ({ snapshot }: { readonly snapshot: string }): string =>
  snapshot === "" ? "" : `, begins after ${toOneLine(snapshot)}`;

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
  const line = ({ module, size, modified, tier, snapshot }: (typeof entries)[number]): string =>
    `${module}  ${kibi(size).padStart(10)}  ${new Date(modified).toISOString()}  ${tier}${snapshotText({ snapshot })}`;
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
  return id === "compile" ? compile(runtime, object, call) : cache(runtime, object, call);
});
