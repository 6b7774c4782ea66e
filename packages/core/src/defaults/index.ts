// Configs made of words.

export type { DefaultConfigOptions } from "./default-config.ts";
export { defaultConfig, maskedPaths, maskedSysPaths, readonlyPaths } from "./default-config.ts";
export { seccompFeatures } from "./features.ts";
export type { ForeignNote, FormName, Translated } from "./foreign/index.ts";
export { recogniseForm, translate } from "./foreign/index.ts";
export type { Sandbox, SandboxConfigOptions } from "./sandbox/index.ts";
export { hostId, sandboxConfig, sandboxEnv, sandboxPaths, toWords } from "./sandbox/index.ts";
export { reducedConfig, reducedPaths } from "./sandbox/reduced.ts";
export { planRules } from "./sandbox/rules.ts";
export type { Weakening } from "./weakenings.ts";
