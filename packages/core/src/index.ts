// The public API of Coffer.
export type { Container, CreateOptions } from "./api/container.ts";
export { create, exec, kill } from "./api/container.ts";
export type {
  InputOption,
  Limits,
  OutputOption,
  ProcessRunOptions,
  Resources,
  RunOptions,
  RunResult,
} from "./api/options.ts";
export type { PlannedRun } from "./api/plan.ts";
export { plan } from "./api/plan.ts";
export { run } from "./api/run.ts";
export type { Started, Subprocess } from "./api/subprocess.ts";
export type { ErrorCode, ErrorDetails } from "./errors.ts";
export { CofferError, InternalError } from "./errors.ts";
export type { Weakening } from "./plan/index.ts";
export * as verbs from "./runtime/index.ts";
export type { RuntimeOptions } from "./runtime/open.ts";
export { openRuntime } from "./runtime/open.ts";
export type { Runtime } from "./runtime/runtime.ts";
export type { System } from "./system/port.ts";
export type { Plan, PlanInput, PlanOp } from "./wire/op.ts";
