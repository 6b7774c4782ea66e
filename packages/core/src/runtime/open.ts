import { makeNodeSystem } from "../system/node.ts";
import type { System } from "../system/port.ts";
import type { Runtime } from "./runtime.ts";
import { defaultRoot, toAbsolute } from "./runtime.ts";

/** Options of `openRuntime`. */
export interface RuntimeOptions {
  /** The directory of the containers' state; by default `/run/coffer`, or one of the calling user's. */
  readonly root?: string;
  /** Another machine than this one: for tests. */
  readonly system?: System;
  /** Is told of what fails and is passed over: a poststop hook. */
  readonly warn?: Runtime["warn"];
}

/** The runtime on this machine. Nothing is read or made before a verb is called. */
export function openRuntime(options: RuntimeOptions = {}): Runtime {
  const system = options.system ?? makeNodeSystem();
  const root = options.root === undefined ? defaultRoot(system) : toAbsolute(system, options.root);
  return { system, root, warn: options.warn };
}
