// Loads a verb when it is called, with the one file that it needs.
import { startCompileCache } from "./compile-cache.ts";
import type { VerbName } from "./table/verbs.ts";
import type { Run } from "./verbs/call.ts";

const loaders: Readonly<Record<VerbName, () => Promise<Run>>> = {
  accept: async () => (await import("./verbs/sandbox/sandboxing.ts")).accept,
  apply: async () => (await import("./verbs/sandbox/overlays.ts")).apply,
  audit: async () => (await import("./verbs/judging.ts")).audit,
  checkpoint: async () => (await import("./verbs/making.ts")).checkpoint,
  completion: async () => (await import("./verbs/completion.ts")).completion,
  create: async () => (await import("./verbs/making.ts")).create,
  delete: async () => (await import("./verbs/existing.ts")).remove,
  diff: async () => (await import("./verbs/sandbox/overlays.ts")).diff,
  doctor: async () => (await import("./verbs/judging.ts")).doctor,
  events: async () => (await import("./verbs/existing.ts")).events,
  explain: async () => (await import("./verbs/judging.ts")).explain,
  exec: async () => (await import("./verbs/making.ts")).exec,
  features: async () => (await import("./verbs/making.ts")).features,
  init: async () => (await import("./verbs/sandbox/sandboxing.ts")).init,
  kill: async () => (await import("./verbs/existing.ts")).kill,
  list: async () => (await import("./verbs/existing.ts")).list,
  logs: async () => (await import("./verbs/existing.ts")).logs,
  overlay: async () => (await import("./verbs/sandbox/overlays.ts")).overlay,
  pause: async () => (await import("./verbs/existing.ts")).pause,
  plan: async () => (await import("./verbs/judging.ts")).plan,
  ps: async () => (await import("./verbs/existing.ts")).ps,
  restore: async () => (await import("./verbs/making.ts")).restore,
  resume: async () => (await import("./verbs/existing.ts")).resume,
  run: async () => (await import("./verbs/making.ts")).run,
  sandbox: async () => (await import("./verbs/sandbox/sandboxing.ts")).sandbox,
  shell: async () => (await import("./verbs/sandbox/sandboxing.ts")).shell,
  spec: async () => (await import("./verbs/making.ts")).spec,
  start: async () => (await import("./verbs/existing.ts")).start,
  state: async () => (await import("./verbs/existing.ts")).state,
  wasm: async () => (await import("./verbs/wasm.ts")).wasm,
  why: async () => (await import("./verbs/sandbox/sandboxing.ts")).why,
  undo: async () => (await import("./verbs/sandbox/overlays.ts")).undo,
  update: async () => (await import("./verbs/making.ts")).update,
};

/** Loads a verb. */
export function loadVerb(name: VerbName): Promise<Run> {
  startCompileCache();
  return loaders[name]();
}
