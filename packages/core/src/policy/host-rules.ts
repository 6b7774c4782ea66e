// Rules about the host: programs that run on it, parameters, limits; and how bad an audit may be.
import type { Policy } from "@coffer/spec";
import { limitOf } from "../audit/checks/host.ts";
import { auditExposure, compareSeverity } from "../audit/index.ts";
import { findOps } from "../exposure/find.ts";
import { readAnnotations } from "../exposure/hooks.ts";
import type { Exposure } from "../exposure/index.ts";
import { strangersOf } from "../exposure/supervised.ts";
import { criuConfigPointer, sysctlPath } from "../plan/index.ts";
import { fitsName, fitsPath } from "./patterns.ts";
import type { Rule } from "./rule.ts";
import { violation, violationIf } from "./rule.ts";

type Of<K extends keyof Policy> = NonNullable<Policy[K]>;

export const hooks: Rule<Of<"hooks">> = ({ allowed, inside }, exposure) => [
  ...exposure.hooks
    .filter(({ path }) => !allowed.some((pattern) => fitsPath(pattern, path)))
    .map(({ path, at }) => violation("/hooks/allowed", at, `the program ${path} may not be run as a hook`)),
  ...exposure.hooks
    .filter((hook) => inside === false && hook.inside)
    .map(({ path, at }) => violation("/hooks/inside", at, `the program ${path} may not be run in the container`)),
];

/** Everybody who gets annotations: hooks, and the agent of a filter. */
function listeners(exposure: Exposure) {
  const told = strangersOf(exposure.plan).map(({ op, at }) => ({
    annotations: readAnnotations(op.message, [Number(op.pidAt), Number(op.statePidAt)]),
    at,
  }));
  return [...exposure.hooks, ...told];
}

export const annotations: Rule<Of<"annotations">> = ({ told }, exposure) =>
  listeners(exposure).flatMap(({ annotations: names, at }) => {
    if (names === undefined) return [violation("/annotations/told", at, "what the program is told cannot be read")];
    return names
      .filter((name) => !told.some((pattern) => fitsName(pattern, name)))
      .map((name) => violation("/annotations/told", at, `the annotation ${name} may not be told`));
  });

export const checkpoints: Rule<Of<"checkpoints">> = ({ configs }, { criuConfig }) =>
  violationIf(
    criuConfig !== undefined && !configs.some((pattern) => fitsPath(pattern, criuConfig)),
    "/checkpoints/configs",
    { from: criuConfigPointer },
    `CRIU may not take orders from the file ${criuConfig}`,
  );

export const strict: Rule<Of<"strict">> = (_value, { plan: { warnings = [] } }) =>
  warnings.map(({ pointer, message }) => violation("/strict", { from: pointer }, message));

export const sysctls: Rule<Of<"sysctls">> = ({ allowed }, { plan }) =>
  findOps(plan, "sysctl")
    .filter(({ op }) => !allowed.some((pattern) => fitsName(sysctlPath(pattern), op.key)))
    .map(({ op, at }) => violation("/sysctls/allowed", at, `the kernel parameter ${op.key} may not be set`));

export const limits: Rule<Of<"limits">> = (wanted, exposure) => {
  if (exposure.kind !== "create") return [];
  return (["pids", "memory"] as const).flatMap((name) => {
    const most = wanted[name];
    const found = limitOf(exposure, name);
    const at = { from: `/linux/resources/${name}/limit` };
    if (most === undefined || (found !== undefined && found <= BigInt(most))) return [];
    return [violation(`/limits/${name}`, at, `is ${found ?? "not limited"}, at most ${most} is allowed`)];
  });
};

export const findings: Rule<Of<"findings">> = ({ worst }, exposure) =>
  auditExposure(exposure)
    .findings.filter(({ severity }) => worst === "none" || compareSeverity(severity, worst) > 0)
    .flatMap(({ check, severity, what, op, pointer }) =>
      violationIf(
        true,
        "/findings/worst",
        { ...(op === undefined ? {} : { op }), ...(pointer === undefined ? {} : { from: pointer }) },
        `${what} (${severity}: ${check})`,
      ),
    );
