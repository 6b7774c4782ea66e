// WebAssembly modules as workloads (docs/wasm.md).
export type { CacheEntry } from "./build/prune.ts";
export { listCache, pruneCache } from "./build/prune.ts";
export type { WantedTier } from "./build/tiers.ts";
export { adaptBundle } from "./bundle.ts";
export type { Engine } from "./engine.ts";
export { engines, wasmByEngine } from "./engine.ts";
export { inspectModule } from "./inspect.ts";
export type { WasmDirOption, WasmVerbOptions } from "./run.ts";
export { auditWasm, compileModule, improveModule, loadModule, showWasmPlan, wasm } from "./run.ts";
export { wasiTable } from "./wasi/table.ts";
