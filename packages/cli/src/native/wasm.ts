// The verb for WebAssembly modules, in the native front: the front on Node has it.
import type { System } from "@coffer/core";
import { CofferError } from "@coffer/core";
import { onGuarded } from "../verbs/guarded.ts";

/** Goes on as the front on Node; an error where that is not installed. */
export function needNode(system: System): never {
  system.handOver?.();
  const needs = "Node, and the npm package of coffer";
  const hint = "install Node, and put its directory into PATH";
  throw new CofferError("E_HOST_UNSUPPORTED", `WebAssembly modules need ${needs}`, { needs, found: "none" }, { hint });
}

export const wasm = onGuarded(async ({ system }) => needNode(system));
