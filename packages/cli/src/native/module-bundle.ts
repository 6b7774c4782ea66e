// Bundles whose program is a WebAssembly module, in the native front: the front on Node has them.
import type { Runtime } from "@coffer/core";
import { needNode } from "./wasm.ts";

/** Goes on as the front on Node. */
export const adaptBundle = async ({ system }: Runtime): Promise<never> => needNode(system);
