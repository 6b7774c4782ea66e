import { CofferError, quote } from "../errors.ts";
import { nodeSystem } from "../system/node.ts";
import type { System } from "../system/port.ts";
import { toAbsolute } from "../system/working-directory.ts";
import type { Runtime } from "./runtime.ts";
import { defaultRoot } from "./runtime.ts";

/** Options of `openRuntime`. */
export interface RuntimeOptions {
  /** The directory of the containers' state; by default `/run/coffer`, or one of the calling user's. */
  readonly root?: string;
  /** Another machine than this one: for tests. */
  readonly system?: System;
  /** Gets failures that are ignored (a poststop hook), and what is odd in a config. */
  readonly warn?: Runtime["warn"];
  /** Gets what the verbs do, line by line: each launch of a plan. */
  readonly debug?: Runtime["debug"];
  /** What is odd in a config, such as an unknown field, is an error instead of a warning. Default false. */
  readonly strict?: boolean;
}

/** What each option has to be. A caller without a compiler would have another state directory than it asked for. */
const known: Readonly<Record<string, readonly [what: string, type: string]>> = {
  root: ["a string", "string"],
  system: ["an object", "object"],
  warn: ["a function", "function"],
  debug: ["a function", "function"],
  strict: ["true or false", "boolean"],
} satisfies Record<keyof RuntimeOptions, readonly [string, string]>;

function checkOptions(options: object): void {
  for (const [argument, value] of Object.entries(options)) {
    const [what, type] = (Object.hasOwn(known, argument) ? known[argument] : undefined) ?? [];
    if (what === undefined) {
      const hint = `known are ${Object.keys(known).join(", ")}`;
      throw new CofferError("E_USAGE", `there is no option ${quote(argument)}`, { argument }, { hint });
    }
    if (value !== undefined && (typeof value !== type || value === null || value === ""))
      throw new CofferError("E_USAGE", `the option ${argument} is not ${what}`, { argument });
  }
}

/**
 * The runtime on this machine. Nothing is read or made before a verb is called.
 *
 * @throws {CofferError} E_USAGE when an option is not known, or is not what it has to be
 */
export function openRuntime(options: RuntimeOptions = {}): Runtime {
  checkOptions(options);
  const system = options.system ?? nodeSystem;
  const root = options.root === undefined ? defaultRoot(system) : toAbsolute(system, options.root);
  return { system, root, warn: options.warn, debug: options.debug, strict: options.strict };
}
