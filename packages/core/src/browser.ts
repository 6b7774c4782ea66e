// What a browser has of this package (the export condition `browser`): the planner, the verifier, and what judges plans. Nothing
// here imports Node, or acts on a machine.
export type { Audit, ClassId, Finding, Severity } from "./audit/index.ts";
export { auditPlan, severities } from "./audit/index.ts";
export type { Weakening } from "./defaults/index.ts";
export { defaultConfig, sandboxConfig, sandboxPaths } from "./defaults/index.ts";
export { proxyPort } from "./egress/env.ts";
export { parseRule } from "./egress/rules.ts";
export type { ConfigIssue, ErrorCode, PolicyViolation } from "./errors.ts";
export { CofferError } from "./errors.ts";
export * from "./explain/index.ts";
export type { Subject } from "./exposure/index.ts";
export type { Arch, HostFacts, PathKind } from "./host/facts.ts";
export { usernsSwitches, usernsSwitchOf } from "./host/userns-switches.ts";
export type { PlanCreateOptions } from "./plan/index.ts";
export { criuConfigOf, hostPathsOf, planCreate, planLater, printPlanJson } from "./plan/index.ts";
export { findViolations } from "./policy/index.ts";
export { warnUnknown } from "./runtime/policy/unknown-fields.ts";
export { plannedId } from "./runtime/reports/planned-id.ts";
export type { BuiltInName } from "./runtime/sandbox/profile/built-in.ts";
export { builtIn } from "./runtime/sandbox/profile/built-in.ts";
export type { Verdict } from "./verify/index.ts";
export { ruleDoc, verifyPlan } from "./verify/index.ts";
export { decodePlan } from "./wire/decode.ts";
export { encodePlan } from "./wire/encode.ts";
export { WireError } from "./wire/error.ts";
export type { Plan, PlanOp } from "./wire/op.ts";
