// Bundles whose program is a WebAssembly module: who can tell, and who makes something of them (packages/core/src/wasm).
import type { Config } from "@coffer/spec";
import type { BundleOptions, ContainerOptions } from "../options.ts";
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

/** Reads a bundle, and has it adapted if its program may be a module. */
export async function readAdapted(
  runtime: Runtime,
  { bundle, configFile, adapt }: BundleOptions & Pick<ContainerOptions, "adapt">,
): Promise<Bundle> {
  const read = readBundle(runtime.system, bundle, configFile);
  if (adapt === undefined || asksModule(read.config) === "no") return read;
  try {
    return await adapt(runtime, read);
  } catch (error) {
    closeBundle(read);
    throw error;
  }
}
