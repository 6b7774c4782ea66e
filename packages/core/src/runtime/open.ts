import { CofferError, quote } from "../errors.ts";
import { nodeSystem } from "../system/node.ts";
import type { System, Warm } from "../system/port.ts";
import { toAbsolute } from "../system/working-directory.ts";
import { makeRunPool } from "./pool/run.ts";
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
  /**
   * Keeps a helper for the runs of this process, which then fork nothing of Node's. Default: from the second run on. `true`:
   * from the first; `idle`: so many milliseconds after the last, where the default is 30 000; `false`: never.
   */
  readonly warm?: boolean | { readonly idle: number };
  /**
   * Keeps so many containers (1 to 32) made for `run()`: those of the run before, whose program has not begun. A run without an
   * id that asks for the same gets one. Each is for one run, and ends if none comes for 30 s. Default: none.
   */
  readonly pool?: number | undefined;
}

const idleMs = 30_000;

/** @throws {CofferError} E_USAGE */
function readWarm(option: unknown): Warm | undefined {
  if (option === false) return undefined;
  if (option === undefined || option === true) return { from: option ? 1 : 2, idleMs };
  const idle = typeof option === "object" && option !== null && "idle" in option ? option.idle : undefined;
  if (typeof idle === "number" && idle >= 0 && idle < 2 ** 31) return { from: 1, idleMs: idle };
  const message = "the option warm is not true, false or { idle: milliseconds }";
  throw new CofferError("E_USAGE", message, { argument: "warm" });
}

const mostWaiting = 32;

/** @throws {CofferError} E_USAGE */
function withPool(runtime: Runtime, size: number | undefined): Runtime {
  if (size === undefined) return runtime;
  if (Number.isInteger(size) && size >= 1 && size <= mostWaiting && runtime.warm !== undefined)
    return { ...runtime, pool: makeRunPool(runtime, size) };
  const message =
    runtime.warm === undefined
      ? "the option pool needs the helper that stays: leave out warm: false"
      : `the option pool is not a whole number from 1 to ${mostWaiting}`;
  throw new CofferError("E_USAGE", message, { argument: "pool" });
}

/** What each option has to be. A caller without a compiler would have another state directory than it asked for. */
const known: Readonly<Record<string, readonly [what: string, type: string]>> = {
  root: ["a string", "string"],
  system: ["an object", "object"],
  warn: ["a function", "function"],
  debug: ["a function", "function"],
  strict: ["true or false", "boolean"],
  warm: ["true, false or an object", ""],
  pool: ["a number", "number"],
} satisfies Record<keyof RuntimeOptions, readonly [string, string]>;

function checkOptions(options: object): void {
  for (const [argument, value] of Object.entries(options)) {
    const [what, type] = (Object.hasOwn(known, argument) ? known[argument] : undefined) ?? [];
    if (what === undefined) {
      const hint = `known are ${Object.keys(known).join(", ")}`;
      throw new CofferError("E_USAGE", `there is no option ${quote(argument)}`, { argument }, { hint });
    }
    if (type !== "" && value !== undefined && (typeof value !== type || value === null || value === ""))
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
  const { warn, debug, strict } = options;
  return withPool({ system, root, warn, debug, strict, warm: readWarm(options.warm) }, options.pool);
}
