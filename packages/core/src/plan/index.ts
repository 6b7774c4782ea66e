export { cgroupPlaces, planCreate } from "./build.ts";
export { capabilityNames } from "./capabilities.ts";
export type { CheckpointOptions } from "./checkpoint.ts";
export { planCheckpoint } from "./checkpoint.ts";
export type { CgroupMode, CriuFlags } from "./criu-request.ts";
export type { DefaultConfigOptions } from "./default-config.ts";
export { defaultConfig } from "./default-config.ts";
export { diffPlans } from "./diff.ts";
export { seccompFeatures } from "./features.ts";
export type { FreezeOptions } from "./freeze.ts";
export { planFreeze } from "./freeze.ts";
export type { HookState, LateHooks } from "./hooks.ts";
export { hookPoints, hookState } from "./hooks.ts";
export type { DeleteOptions, SignalOptions, StartOptions } from "./host.ts";
export { planDelete, planSignal, planStart } from "./host.ts";
export { planJoin } from "./join.ts";
export type { PlanJson } from "./json.ts";
export { planToJson, printPlanJson } from "./json.ts";
export { planLater } from "./later.ts";
export { isLocked, lockPointer, withLock } from "./lock.ts";
export { bindSourcesOf, relativeSourcesOf } from "./mount-list.ts";
export { mountOptionNames } from "./mount-words.ts";
export type {
  CgroupPlace,
  CreateOptions,
  JoinOptions,
  NotifyOptions,
  ProcessIdentity,
  ProcessOptions,
  ResctrlPlace,
  RootfsSource,
  TerminalMode,
} from "./options.ts";
export { describeOp, printPlan } from "./print.ts";
export { asksResctrl, placeResctrl } from "./resctrl.ts";
export type { RestoreOptions } from "./restore.ts";
export { externalNamespaces, planRestore } from "./restore.ts";
export type { Sandbox, SandboxOptions } from "./sandbox.ts";
export { sandboxConfig, sandboxPaths, toWords } from "./sandbox.ts";
export type { UpdateOptions } from "./update.ts";
export { planUpdate } from "./update.ts";
export type { Weakening } from "./weakenings.ts";
