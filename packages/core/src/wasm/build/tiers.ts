// Which program of a module is run: the best, or one that is there sooner.
import type { Runtime } from "../../runtime/runtime.ts";
import type { Runnable } from "./cache.ts";
import { findProgram, programOf } from "./cache.ts";
import type { Progress } from "./compile.ts";
import type { Cached } from "./store.ts";
import { openCache } from "./store.ts";

/** `best`: wait for it. `quick`: the quick one while there is no better. `soon`: the same, unless the best takes no longer. */
export type WantedTier = "best" | "quick" | "soon";

/** The best program of a module with so many bytes of code is there within a second. */
const smallCode = 50_000;

const optionsOf = ({ system }: Runtime) => ({ checked: false, arch: system.uname().machine });

/** The program of a module. */
export function programFor(
  runtime: Runtime,
  module: Runnable,
  wanted: WantedTier,
  onProgress?: Progress,
): Promise<Cached> {
  const best = { ...optionsOf(runtime), tier: "best" } as const;
  if (wanted === "best" || (wanted === "soon" && module.command.module.codeSize <= smallCode))
    return programOf(runtime, module, best, onProgress);
  const found = findProgram(runtime, module, best);
  if (found !== undefined) return Promise.resolve(found);
  return programOf(runtime, module, { ...best, tier: "quick" }, onProgress);
}

/** Makes the best program, unless somebody is already at this for another module: then nothing is done. */
export async function improveProgram(runtime: Runtime, module: Runnable): Promise<Cached | undefined> {
  const { system } = runtime;
  const lock = await system.lock(`${openCache(system)}/improving`, 0);
  if (lock === undefined) return undefined;
  try {
    return await programFor(runtime, module, "best");
  } finally {
    lock.release();
  }
}
