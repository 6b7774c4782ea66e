// For programs that embed `@anthropic-ai/sandbox-runtime`: its functions, carried out by sandboxes of ours.
export type { SandboxRuntimeConfig } from "./config.ts";
export { SandboxRuntimeConfigSchema } from "./config.ts";
export type { SandboxAskCallback, SandboxDependencyCheck } from "./manager.ts";
export { SandboxManager } from "./manager.ts";
export type { SandboxViolationEvent } from "./violations.ts";
export { SandboxViolationStore } from "./violations.ts";
