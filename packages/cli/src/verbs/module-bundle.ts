// Bundles whose program is a WebAssembly module: a file of its own, so that other bundles do not load it.
import { openRuntime } from "@coffer/core";
import * as modules from "@coffer/core/wasm";

type Adapt = typeof modules.adaptBundle;

/** Each file of the bundle has classes of its own: the errors of this runtime are those that this file knows. */
export const adaptBundle: Adapt = (runtime, bundle) =>
  modules.adaptBundle({ ...runtime, system: openRuntime().system }, bundle);
