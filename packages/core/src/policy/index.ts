// What of a plan a policy does not allow. Pure, on the plan itself: the same for a new one and a stored one.
import type { Policy } from "@coffer/spec";
import type { PolicyViolation } from "../errors.ts";
import { findOps } from "../exposure/find.ts";
import type { Exposure, Subject } from "../exposure/index.ts";
import { readExposure } from "../exposure/index.ts";
import { egress } from "./egress-rule.ts";
import { annotations, checkpoints, findings, hooks, limits, strict, sysctls } from "./host-rules.ts";
import {
  capabilities,
  descriptors,
  hostIds,
  namespaceRule,
  noNewPrivileges,
  seccomp,
  userNamespace,
} from "./process-rules.ts";
import type { Rule } from "./rule.ts";
import { violation } from "./rule.ts";
import { devices, lockedMounts, mounts, root } from "./tree-rules.ts";

type RuleName = Exclude<keyof Policy, "version">;
type Rules = { readonly [K in RuleName]: Rule<NonNullable<Policy[K]>> };

/** Every rule: what asks for it, and what checks it. */
const rules: Rules = {
  strict,
  userNamespace,
  hostIds,
  namespaces: namespaceRule,
  noNewPrivileges,
  capabilities,
  seccomp,
  root,
  mounts,
  egress,
  lockedMounts,
  devices,
  hooks,
  annotations,
  checkpoints,
  sysctls,
  limits,
  descriptors,
  findings,
};

/** Rules about annotations and hooks count for plans that make no process too. */
const everywhere: ReadonlySet<RuleName> = new Set<RuleName>(["hooks", "annotations"]);

function applyRule<K extends RuleName>(name: K, policy: Policy, exposure: Exposure): readonly PolicyViolation[] {
  const value = policy[name];
  if (value === undefined || value === null || (exposure.kind === "host" && !everywhere.has(name))) return [];
  return rules[name](value, exposure);
}

function isRule(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}

/** Everything that a policy does not allow of a plan. What nobody knows breaks any policy: no rule could be held against it. */
export function findViolations(policy: Policy, subject: Subject): readonly PolicyViolation[] {
  const exposure = readExposure(subject);
  const doubts = exposure.doubts.map(({ at, what }) => violation("/plan", at, what));
  const broken = Object.keys(rules)
    .filter(isRule)
    .flatMap((name) => applyRule(name, policy, exposure));
  const unruled =
    policy.egress === undefined
      ? findOps(subject.plan, "listen").map(({ at }) =>
          violation("/egress", at, "there is no such rule, which would say what may be reached"),
        )
      : [];
  return [...doubts, ...unruled, ...broken];
}
