export type { DefaultConfigOptions } from "../defaults/default-config.ts";
export { defaultConfig } from "../defaults/default-config.ts";
export { seccompFeatures } from "../defaults/features.ts";
export type { Sandbox, SandboxOptions } from "../defaults/sandbox/index.ts";
export { sandboxConfig, sandboxPaths, toWords } from "../defaults/sandbox/index.ts";
export type { Weakening } from "../defaults/weakenings.ts";
export { asksResctrl, placeResctrl } from "./cgroup/resctrl/resctrl.ts";
export { cgroupPlaces, planCreate } from "./create/create.ts";
export { planLater } from "./create/later.ts";
export type { CheckpointOptions } from "./criu/checkpoint.ts";
export { planCheckpoint } from "./criu/checkpoint.ts";
export type { CgroupMode, CriuFlags } from "./criu/request.ts";
export type { RestoreOptions } from "./criu/restore.ts";
export { externalNamespaces, planRestore } from "./criu/restore.ts";
export { criuConfigOf } from "./draft/annotations.ts";
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
} from "./draft/options.ts";
export { planDial } from "./existing/dial.ts";
export type { FreezeOptions } from "./existing/freeze.ts";
export { planFreeze } from "./existing/freeze.ts";
export type { DeleteOptions, SignalOptions, StartOptions } from "./existing/host.ts";
export { planDelete, planSignal, planStart } from "./existing/host.ts";
export type { UpdateOptions } from "./existing/update.ts";
export { planUpdate } from "./existing/update.ts";
export { planJoin } from "./join/join.ts";
export { capabilityNames } from "./process/capabilities.ts";
export type { HookState, LateHooks } from "./process/hooks.ts";
export { hookPoints, hookState } from "./process/hooks.ts";
export { diffPlans } from "./show/diff.ts";
export type { PlanJson } from "./show/json.ts";
export { planToJson, printPlanJson } from "./show/json.ts";
export { describeOp, printPlan } from "./show/print.ts";
export { isLocked, lockPointer, withLock } from "./tree/locked-mounts.ts";
export { hostPathsOf, relativeSourcesOf } from "./tree/mount-list.ts";
export { mountOptionNames } from "./tree/mount-words.ts";
