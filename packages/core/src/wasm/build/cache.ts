// The programs of modules, by the digest of everything that they were made of.
import { CofferError } from "../../errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Command } from "../module/check.ts";
import type { Snapshot } from "../module/initialise.ts";
import { compileBounds } from "./administrator.ts";
import type { Progress } from "./compile.ts";
import { compile } from "./compile.ts";
import type { BuildOptions } from "./flags.ts";
import { shimDir } from "./places.ts";
import { pruneCache } from "./prune.ts";
import type { Cached, Identity } from "./store.ts";
import { find, insert, lockName, openCache } from "./store.ts";

const lockTimeoutMs = 900_000;

const shimFiles = (arch: string): readonly string[] => [
  ...["compile.sh", "snapshot.sh", "entry.c", "answers.c"],
  ...["wasm-rt", "snapshot", "direct", "tinyc", "stdarg", "math", "limits", "stdint", "string"].map(
    (name) => `include/${name}.h`,
  ),
  `libwasi-${arch}.a`,
];

const mostShim = 16 * 1024 * 1024;

function identify(system: System, { bytes, command }: Runnable, options: BuildOptions): Identity {
  const { snapshot } = command;
  const home = shimDir();
  const module = system.digest(bytes);
  const shim = shimFiles(options.arch).map((name) => system.digest(system.readBytes(`${home}/${name}`, mostShim)));
  const text = JSON.stringify({ format: 6, module, shim, ...options, snapshot });
  const key = system.digest(new TextEncoder().encode(text));
  return { module, tier: options.tier, key, snapshot: snapshot === undefined ? "" : snapshotName(snapshot) };
}

const snapshotName = ({ initialisers, wasi }: Snapshot): string =>
  `${initialisers.join(" ")}${wasi ? ", with imports" : ""}`;

/** A module that can be run, and its bytes. */
export interface Runnable {
  readonly bytes: Uint8Array;
  readonly command: Command;
}

/** The program of a module, if it is there. */
export function findProgram({ system }: Runtime, module: Runnable, options: BuildOptions): Cached | undefined {
  return find(system, openCache(system), identify(system, module, options));
}

/** The program of a module: from the cache, or compiled now. */
export async function programOf(
  runtime: Runtime,
  module: Runnable,
  options: BuildOptions,
  onProgress: Progress = () => {},
): Promise<Cached> {
  const { system } = runtime;
  const dir = openCache(system);
  const identity = identify(system, module, options);
  const { key } = identity;
  const known = find(system, dir, identity);
  if (known !== undefined) return known;
  system.makeDir(`${dir}/${key}`, { parents: true });
  const make = async (): Promise<Cached> => {
    const program = await compile(runtime, module.bytes, module.command, options, onProgress);
    // Whoever failed before us has taken the directory away. A cache that was taken away meanwhile is not made again.
    optional(() => system.makeDir(`${dir}/${key}`));
    return insert(system, dir, identity, program);
  };
  const lock = await system.lock(`${dir}/${key}/${lockName}`, lockTimeoutMs);
  if (lock === undefined)
    throw new CofferError("E_TIMEOUT", "the module is being compiled by somebody else", { timeoutMs: lockTimeoutMs });
  try {
    const made = find(system, dir, identity) ?? (await make());
    pruneCache(system, compileBounds(system).cache, key);
    return made;
  } catch (error) {
    // Of a module that does not compile nothing is left.
    optional(() => system.removeDir(`${dir}/${key}`, [lockName]));
    throw error;
  } finally {
    lock.release();
  }
}
