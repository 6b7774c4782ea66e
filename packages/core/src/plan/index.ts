// What other rooms have of the planner.
export { asksResctrl, placeResctrl } from "./cgroup/resctrl/resctrl.ts";
export { cgroupPlaces, planCreate } from "./create/create.ts";
export { planLater } from "./create/later-hooks.ts";
export type { CheckpointOptions } from "./criu/checkpoint.ts";
export { planCheckpoint } from "./criu/checkpoint.ts";
export type { CgroupMode, CriuFlags } from "./criu/request.ts";
export type { RestoreOptions } from "./criu/restore.ts";
export { externalNamespaces, planRestore } from "./criu/restore.ts";
export { criuConfigOf, criuConfigPointer } from "./draft/annotations.ts";
export { meetsFloor } from "./draft/check-host.ts";
export type {
  CgroupManager,
  CgroupPlace,
  CgroupUnit,
  HeldSource,
  JoinOptions,
  LandlockPath,
  Listener,
  NotifyOptions,
  OwnTerminal,
  PathGuard,
  PlanCreateOptions,
  ProcessIdentity,
  ProcessOptions,
  ReducedOptions,
  ResctrlPlace,
  RootfsSource,
  Supervised,
  TerminalMode,
  UserNetwork,
} from "./draft/options.ts";
export { planChangeMounts } from "./existing/change-mounts.ts";
export { planDial } from "./existing/dial.ts";
export type { FreezeOptions } from "./existing/freeze.ts";
export { planFreeze } from "./existing/freeze.ts";
export type { DeleteOptions, SignalOptions, StartOptions } from "./existing/lifecycle.ts";
export { planDelete, planSignal, planStart, startTimeoutMs } from "./existing/lifecycle.ts";
export type { UpdateOptions } from "./existing/update.ts";
export { planUpdate } from "./existing/update.ts";
export { labelAttributes, lsmIds } from "./ids/labels.ts";
export { planJoin } from "./join/join.ts";
export { memoryPolicies } from "./namespaces/execution-domain.ts";
export { cloneFlags } from "./namespaces/namespaces.ts";
export { sysctlPath } from "./namespaces/sysctl.ts";
export { capabilitiesOf, capabilityNames } from "./process/capabilities.ts";
export type { HookState, LateHooks } from "./process/hooks.ts";
export { hookPoints, hookState } from "./process/hooks.ts";
export { passedFds, passedInput } from "./process/passed.ts";
export { namingRights, watcherInput } from "./process/supervisor.ts";
export type { AskedFor } from "./process/watched.ts";
export { makeWatchedReader } from "./process/watched.ts";
export { handledRights, landlockFs, landlockScope } from "./reduced/landlock.ts";
export { planReduced } from "./reduced/reduced.ts";
export { diffPlans } from "./show/diff.ts";
export type { PlanJson } from "./show/json.ts";
export { printPlanJson } from "./show/json.ts";
export { describeOp, printPlan } from "./show/print.ts";
export { reachedWords } from "./show/words.ts";
export { isLocked, lockPointer, withLockedMounts } from "./tree/locked-mounts.ts";
export { hostPathsOf, relativeSourcesOf } from "./tree/mount-list.ts";
export { attr, mountOptionNames, propagation } from "./tree/mount-words.ts";
