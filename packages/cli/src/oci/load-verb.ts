// Loads a verb when it is called, with the one file that it needs.
import { startCompileCache } from "./compile-cache.ts";
import type { VerbName } from "./verb-table.ts";
import type { Run } from "./verbs/call.ts";

const loaders: Readonly<Record<VerbName, () => Promise<Run>>> = {
  create: async () => (await import("./verbs/making.ts")).create,
  run: async () => (await import("./verbs/making.ts")).run,
  exec: async () => (await import("./verbs/making.ts")).exec,
  update: async () => (await import("./verbs/making.ts")).update,
  spec: async () => (await import("./verbs/making.ts")).spec,
  features: async () => (await import("./verbs/making.ts")).features,
  checkpoint: async () => (await import("./verbs/making.ts")).checkpoint,
  restore: async () => (await import("./verbs/making.ts")).restore,
  start: async () => (await import("./verbs/existing.ts")).start,
  state: async () => (await import("./verbs/existing.ts")).state,
  kill: async () => (await import("./verbs/existing.ts")).kill,
  delete: async () => (await import("./verbs/existing.ts")).remove,
  pause: async () => (await import("./verbs/existing.ts")).pause,
  resume: async () => (await import("./verbs/existing.ts")).resume,
  ps: async () => (await import("./verbs/existing.ts")).ps,
  list: async () => (await import("./verbs/existing.ts")).list,
  events: async () => (await import("./verbs/existing.ts")).events,
};

/** Loads a verb. */
export function loadVerb(name: VerbName): Promise<Run> {
  startCompileCache();
  return loaders[name]();
}
