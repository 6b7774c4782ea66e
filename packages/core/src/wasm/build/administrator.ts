// What the administrator allows of the compilation of modules.
import { parseWasmSettings } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import { readDocument } from "../../runtime/launch/errors/spec-error.ts";
import { readTrusted, statOf } from "../../runtime/sandbox/profile/read.ts";
import type { System } from "../../system/port.ts";

/** The administrator's file: only root may be able to write it. */
const path = "/etc/coffer/wasm.json";

/** What bounds a compilation. */
export interface CompileBounds {
  /** Bytes of memory. */
  readonly memory: number;
  readonly timeoutMs: number;
  /** Bytes that the programs in the cache may have. */
  readonly cache: number;
  /** False: nothing is compiled. */
  readonly compile: boolean;
}

const own: CompileBounds = { memory: 3072 * 1024 ** 2, timeoutMs: 600_000, cache: 1024 ** 3, compile: true };

/**
 * The bounds: ours, or the administrator's if they are smaller.
 *
 * @throws {CofferError} E_USAGE, E_IO, E_CONFIG_INVALID if the file is there and cannot be believed
 */
export function compileBounds(system: System): CompileBounds {
  if (statOf(system, path) === undefined) return own;
  const text = readTrusted(system, [0])(path);
  const { memory, seconds, cache, compile = true } = readDocument(`settings ${path}`, () => parseWasmSettings(text));
  return {
    memory: Math.min(own.memory, memory ?? own.memory),
    timeoutMs: Math.min(own.timeoutMs, (seconds ?? own.timeoutMs) * 1000),
    cache: Math.min(own.cache, cache ?? own.cache),
    compile,
  };
}

/**
 * Refuses to compile where the administrator has forbidden it.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED
 */
export function requireCompiling(system: System): CompileBounds {
  const bounds = compileBounds(system);
  if (bounds.compile) return bounds;
  const hint = "compile it where that is allowed, with the same version of coffer, and copy its directory of the cache";
  const details = { needs: "leave to compile", found: path };
  const message = `the module is not in the cache, and ${path} forbids to compile it`;
  throw new CofferError("E_HOST_UNSUPPORTED", message, details, { hint });
}
