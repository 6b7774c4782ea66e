// Bundles whose program is a WebAssembly module: who can tell, and who makes something of them (packages/core/src/wasm).
import type { Config, Process } from "@coffer/spec";
import { toAbsolute } from "../../system/working-directory.ts";
import type { BundleOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { Bundle } from "./bundle.ts";
import { closeBundle, readBundle } from "./bundle.ts";

/** Of crun: who runs the container. */
const handler = "run.oci.handler";
/** Of containers' image tools: `compat` demands a module, `compat-smart` allows one. */
const variants = ["module.wasm.image/variant", "run.oci.variant"];
/** As `run.oci.handler` names engines for modules. */
const handlers = ["wasm", "wasmedge", "wasmtime", "wasmer", "wamr"];

/**
 * Whether the program of a config is a module: `yes` if an annotation says so, `perhaps` if its bytes have to tell. A program is
 * asked for its bytes only if its name ends with `.wasm`: every other start of a container would be slower.
 */
export function asksModule({ annotations = {}, process }: Config): "yes" | "perhaps" | "no" {
  const words = variants.flatMap((name) => annotations[name] ?? []);
  if (handlers.includes(annotations[handler] ?? "") || words.includes("compat")) return "yes";
  const isNamed = process?.args?.[0]?.endsWith(".wasm") === true;
  return isNamed || words.includes("compat-smart") ? "perhaps" : "no";
}

/** What the program of a module takes before the module's own words (helper-c/wasm/start.c): pages, and the root as a directory. */
export const moduleWords = (pages: number): readonly string[] => [`${pages}`, "1", "/", "/"];

/** The path of a program in its container. */
export const programPath = (word: string, cwd: string): string => toAbsolute({ caller: { cwd } }, word);

/** Whether a config is that of a bundle that was adapted. */
function isAdapted(config: Config): boolean {
  const [, pages = "", ...words] = config.process?.args ?? [];
  const [, ...wanted] = moduleWords(0);
  return asksModule(config) !== "no" && /^\d+$/.test(pages) && wanted.every((word, at) => words[at] === word);
}

/** A further process of a container: one that runs the container's module is called as the first one was. */
export function asModuleProcess(config: Config, process: Process): Process {
  const [path, ...words] = config.process?.args ?? [];
  const [name = "", ...args] = process.args ?? [];
  if (path === undefined || !isAdapted(config) || programPath(name, process.cwd) !== path) return process;
  const settings = words.slice(0, moduleWords(0).length);
  return { ...process, args: [path, ...settings, name, ...args], noNewPrivileges: true };
}

/** A bundle as it is launched. Every verb that plans one asks for this, so that what is shown is what is run. */
export async function adaptedBundle(runtime: Runtime, bundle: Bundle): Promise<Bundle> {
  if (runtime.adapt === undefined || asksModule(bundle.config) === "no") return bundle;
  return runtime.adapt(runtime, bundle);
}

/** Reads a bundle as it is launched, and holds it. */
export async function readAdapted(runtime: Runtime, { bundle, configFile }: BundleOptions): Promise<Bundle> {
  const read = readBundle(runtime.system, bundle, configFile);
  try {
    return await adaptedBundle(runtime, read);
  } catch (error) {
    closeBundle(read);
    throw error;
  }
}
