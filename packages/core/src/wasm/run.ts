// Running a module: read, compiled or found, planned, launched.

import type { Severity } from "../audit/index.ts";
import { CofferError, quote } from "../errors.ts";
import type { PlanLook } from "../explain/index.ts";
import { planText } from "../explain/index.ts";
import { probeLsm, probeSeenAtIds } from "../host/probe.ts";
import type { Running } from "../runtime/launch/container.ts";
import type { Prepared } from "../runtime/launch/prepare.ts";
import { stdioOf } from "../runtime/launch/process-options.ts";
import type { ProcessLaunchOptions } from "../runtime/options.ts";
import { requireAllowed } from "../runtime/policy/guard.ts";
import type { AuditResult } from "../runtime/reports/audit.ts";
import { auditSubject } from "../runtime/reports/audit.ts";
import { plannedId } from "../runtime/reports/planned-id.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SandboxLimits } from "../runtime/sandbox/limits.ts";
import { explainEnd, holdLimits } from "../runtime/sandbox/limits.ts";
import { ownPlaces } from "../runtime/sandbox/own/places.ts";
import { placesWithin } from "../runtime/sandbox/own/reach.ts";
import { wayTo } from "../runtime/sandbox/real-path.ts";
import { homesOf } from "../runtime/sandbox/secrets.ts";
import { linkOut, sayOut } from "../runtime/sandbox/seen.ts";
import { launchPrepared } from "../runtime/verbs/sandbox.ts";
import { describeErrno } from "../system/errno.ts";
import { optional, SystemError } from "../system/error.ts";
import { toAbsolute } from "../system/working-directory.ts";
import type { Runnable } from "./build/cache.ts";
import type { Progress } from "./build/compile.ts";
import type { Cached } from "./build/store.ts";
import type { WantedTier } from "./build/tiers.ts";
import { improveProgram, programFor } from "./build/tiers.ts";
import { checkCommand, mostPages, pageSize } from "./module/check.ts";
import { snapshotOf } from "./module/initialise.ts";
import { readLayout } from "./module/layout.ts";
import { readModule } from "./module/read.ts";
import type { WasmDir } from "./plan.ts";
import { planWasm } from "./plan.ts";

/** A directory of the host for a module. */
export interface WasmDirOption {
  /** Relative paths count from the caller's directory. */
  readonly host: string;
  /** What the module calls it. Default: the host's word for it. */
  readonly guest?: string;
  readonly readonly?: boolean;
}

/** Options of `wasm`. */
export interface WasmVerbOptions extends Pick<ProcessLaunchOptions, "stdio" | "forwardSignals" | "trace" | "cancel"> {
  /** The module: its bytes, or the path of its file. */
  readonly module: string | Uint8Array;
  readonly args?: readonly string[] | undefined;
  readonly dirs?: readonly WasmDirOption[] | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly limits?: SandboxLimits | undefined;
  readonly id?: string | undefined;
  /** Run this function of the module ahead, and begin with what it has made; true for the usual ones. */
  readonly init?: string | boolean | undefined;
  /** That function may call imports, which answer the same to everybody. */
  readonly initWasi?: boolean | undefined;
  /** What to run while the best program is not there yet. Default `best`: nothing. */
  readonly tier?: WantedTier | undefined;
  /** Is called while the module is compiled: that may take a while. */
  readonly onCompile?: Progress | undefined;
  /** Is called if what is run is not the best. */
  readonly onQuick?: (() => void) | undefined;
}

/** A module that can be run. */
export interface LoadedModule extends Runnable {
  /** What the module is called. */
  readonly name: string;
}

/** The largest module, in bytes. */
export const mostModule = 256 * 1024 * 1024;

function readFile({ system }: Runtime, path: string): Uint8Array {
  const absolute = toAbsolute(system, path);
  try {
    return system.readNamed(absolute, mostModule);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path: absolute, errnoName: error.errno };
    throw new CofferError("E_IO", `cannot read the module ${quote(path)}: ${describeErrno(error.errno)}`, details);
  }
}

/** The module of a file, or of an OCI image layout. */
function readPath(runtime: Runtime, path: string): Uint8Array {
  const { system } = runtime;
  const absolute = toAbsolute(system, path);
  const isLayout = optional(() => system.stat(absolute).kind) === "directory";
  return isLayout ? readLayout(system, absolute, mostModule) : readFile(runtime, path);
}

/**
 * Reads a module and checks that it is a command.
 *
 * @param memory bytes that its memory may have
 * @param init the function whose work a snapshot keeps
 * @param initWasi whether it may call imports
 * @throws {CofferError} E_IO, E_MODULE_INVALID, E_USAGE
 */
export function loadModule(
  runtime: Runtime,
  module: string | Uint8Array,
  {
    memory,
    init = false,
    initWasi = false,
  }: { readonly memory?: number | bigint | undefined } & Pick<WasmVerbOptions, "init" | "initWasi"> = {},
): LoadedModule {
  if (initWasi && init === false)
    throw new CofferError("E_USAGE", "imports may be called by an initialiser: ask for one too (init)", {
      argument: "initWasi",
    });
  const bytes = typeof module === "string" ? readPath(runtime, module) : module;
  const name = typeof module === "string" ? module.slice(module.lastIndexOf("/") + 1) : "module.wasm";
  const command = checkCommand(readModule(bytes), pagesOf(memory));
  if (init === false) return { bytes, name, command };
  return { bytes, name, command: { ...command, snapshot: snapshotOf(command, init, initWasi) } };
}

/** As many pages as a limit of memory leaves. */
export function pagesOf(memory: number | bigint | undefined): number {
  return memory === undefined ? mostPages : Math.min(mostPages, Math.floor(Number(memory) / pageSize));
}

/** Compiles a module, unless it was compiled before. */
export function compileModule(
  runtime: Runtime,
  module: LoadedModule,
  options: Pick<WasmVerbOptions, "tier" | "onCompile"> = {},
): Promise<Cached> {
  return programFor(runtime, module, options.tier ?? "best", options.onCompile);
}

/** Compiles a module in the background of something else: undefined if another one is. */
export function improveModule(runtime: Runtime, module: LoadedModule): Promise<Cached | undefined> {
  return improveProgram(runtime, module);
}

/** Where a directory is, without links. */
export function findDir({ system }: Runtime, { host, guest = host, readonly = false }: WasmDirOption): WasmDir {
  const refuse = (why: string, options: { readonly hint?: string } = {}): CofferError =>
    new CofferError(
      "E_USAGE",
      `cannot give the module the directory ${quote(host)}: ${why}`,
      { argument: "dirs" },
      options,
    );
  try {
    const named = toAbsolute(system, host);
    const held = system.openPath(host, named, "directory");
    held.close();
    const link = held.path === named ? undefined : linkOut(system, wayTo(system, named));
    if (link !== undefined) throw refuse(sayOut(link, held.path), { hint: "name that path itself" });
    return { host: held.path, guest, readonly };
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    throw refuse(describeErrno(error.errno));
  }
}

/**
 * The directories of a module. Nothing in them is hidden, so that a place of Coffer's own is in none that can be written.
 *
 * @throws {CofferError} E_USAGE
 */
function findDirs(runtime: Runtime, options: readonly WasmDirOption[]): readonly WasmDir[] {
  const { system } = runtime;
  const dirs = options.map((dir) => findDir(runtime, dir));
  const places = ownPlaces(system, homesOf(system));
  for (const { host, readonly } of dirs) {
    const [place] = readonly ? [] : placesWithin(system, places, [host]);
    if (place === undefined) continue;
    const message = `cannot let the module write to ${quote(host)}: ${quote(place)} is in it, which Coffer believes`;
    const hint = "add :ro, or name a directory beneath";
    throw new CofferError("E_USAGE", message, { argument: "dirs" }, { hint });
  }
  return dirs;
}

/** What a launch needs. */
interface PreparedModule {
  readonly prepared: Prepared;
  readonly stated: boolean;
}

async function prepareModule(runtime: Runtime, options: WasmVerbOptions): Promise<PreparedModule> {
  const { system } = runtime;
  const { trace = false, limits: asked = {} } = options;
  const loaded = loadModule(runtime, options.module, {
    memory: asked.memory,
    init: options.init,
    initWasi: options.initWasi,
  });
  const dirs = findDirs(runtime, options.dirs ?? []);
  const { path, tier } = await compileModule(runtime, loaded, options);
  if (tier === "quick") options.onQuick?.();
  const limits = holdLimits(runtime, asked, { rules: [] }, false);
  const stated = limits.manager !== "none";
  const prepared = planWasm(runtime, {
    id: options.id ?? `wasm-${system.randomId()}`,
    command: loaded.command,
    program: path,
    args: [loaded.name, ...(options.args ?? [])],
    env: options.env ?? {},
    dirs,
    mostPages: pagesOf(asked.memory),
    limits,
    stated,
    trace,
  });
  return { prepared, stated };
}

/** Runs a module in a container of its own. It ends with us. */
export async function wasm(runtime: Runtime, options: WasmVerbOptions): Promise<Running> {
  const { prepared, stated } = await prepareModule(runtime, options);
  requireAllowed(runtime, prepared.image);
  const setup = {
    inputs: [],
    stdio: stdioOf(options),
    dieWithParent: true,
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
  };
  const running = await launchPrepared(runtime, prepared, setup, {
    id: prepared.record.id,
    stated,
    anonymous: true,
    cancel: options.cancel,
  });
  const wait = async () => {
    const exit = await running.wait();
    explainEnd(runtime, options.limits ?? {}, exit);
    return exit;
  };
  return { ...running, wait };
}

/** The plan of a module as text or JSON. Nothing is launched but what compiles it. */
export async function showWasmPlan(
  runtime: Runtime,
  options: WasmVerbOptions,
  form: "text" | "json",
  look?: PlanLook,
): Promise<string> {
  const { prepared } = await prepareModule(runtime, { ...options, id: plannedId });
  return planText(prepared.image, form, look);
}

/** What a module could do to its host. */
export async function auditWasm(
  runtime: Runtime,
  options: WasmVerbOptions,
  how: { readonly form: "text" | "json"; readonly failOn?: Severity | undefined },
): Promise<AuditResult> {
  const { system } = runtime;
  const { prepared } = await prepareModule(runtime, { ...options, id: plannedId });
  const subject = { ...prepared.image, hostLsm: probeLsm(system), seenAtIds: probeSeenAtIds(system) };
  return auditSubject(runtime, subject, how);
}
