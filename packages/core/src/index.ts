// The public API of Coffer.
export type { Config, ConfigInput, Policy } from "@coffer/spec";
export { parseConfig } from "./api/config.ts";
export type { Container, CreateOptions, Exec, ExecOptions } from "./api/container.ts";
export { create, exec, getContainer, kill, list } from "./api/container.ts";
export type { LogLine, Logs, LogsOptions } from "./api/logs.ts";
export type {
  AsBytes,
  Limits,
  ProcessRunOptions,
  Resources,
  RunOptions,
  RunResult,
  SandboxLimits,
  SourceOptions,
  StdioOption,
  TerminalSize,
} from "./api/options.ts";
export type { PlannedRun, PlanOptions } from "./api/plan.ts";
export { plan } from "./api/plan.ts";
export { run } from "./api/run.ts";
export type { ConnectTarget, SandboxOptions, SandboxPlace } from "./api/sandbox.ts";
export { sandbox } from "./api/sandbox.ts";
export type { SessionExec, SessionExecOptions } from "./api/session/exec.ts";
export type {
  CommandOptions,
  SandboxSession,
  SessionCommand,
  SessionEnd,
  SessionOptions,
} from "./api/session/session.ts";
export { openSandbox } from "./api/session/session.ts";
export type { Started, Subprocess } from "./api/subprocess.ts";
export type { Weakening } from "./defaults/index.ts";
export type { Secret } from "./egress/secrets.ts";
export type {
  AnyCofferError,
  ConfigIssue,
  ErrorCode,
  ErrorDetails,
  PolicyViolation,
  UnsupportedField,
} from "./errors.ts";
export { CofferError, InternalError } from "./errors.ts";
export * as verbs from "./runtime/index.ts";
export type { RuntimeOptions } from "./runtime/open.ts";
export { openRuntime } from "./runtime/open.ts";
export type { ContainerState } from "./runtime/reports/state.ts";
export type { Runtime } from "./runtime/runtime.ts";
export type { Left } from "./runtime/sandbox/left/left.ts";
export type { SessionFiles } from "./runtime/sandbox/rights/rights.ts";
export type { ContainerStatus } from "./runtime/store/status.ts";
export type { System } from "./system/port.ts";
export type { RunWasmOptions } from "./wasm/api.ts";
export { compileWasm, runWasm } from "./wasm/api.ts";
export type { WasmDirOption } from "./wasm/run.ts";
export type { Plan, PlanInput, PlanOp } from "./wire/op.ts";
