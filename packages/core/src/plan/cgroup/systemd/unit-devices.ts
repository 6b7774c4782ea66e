// Device rules in the form of systemd: a policy, and what is allowed.

import type { Issues } from "../../draft/draft.ts";
import type { DeviceRule } from "../device-rules.ts";
import { accessText, isTotal } from "../device-rules.ts";
import { isSameDevice } from "../v1.ts";
import type { DbusProperty } from "./dbus.ts";

/** `DeviceAllow`: a path of /dev that has the numbers in it, or a type and a major number. */
function allowed({ type, major, minor, access, from }: DeviceRule, issues: Issues): readonly [string, string][] {
  if (major === undefined && minor !== undefined) {
    issues.unsupported(from, "systemd knows no minor number of any major one: use the cgroupfs manager");
    return [];
  }
  const types = type === undefined ? (["b", "c"] as const) : [type];
  return types.map((one) => {
    const name = one === "b" ? "block" : "char";
    const path = minor === undefined ? `${name}-${major ?? "*"}` : `/dev/${name}/${major}:${minor}`;
    return [path, accessText(access)];
  });
}

/** Whether a rule takes something back of an earlier one: of any type is two of them, one of each. */
function takesBack(rule: DeviceRule, earlier: DeviceRule): boolean {
  return isSameDevice(rule, earlier) && (rule.type === undefined || rule.type === earlier.type);
}

/** The properties that device rules are, which the cgroup itself has word by word: none where there are no rules. */
export function deviceProperties(issues: Issues, rules: readonly DeviceRule[]): readonly DbusProperty[] {
  if (rules.length === 0) return [];
  let all = true;
  let list: readonly DeviceRule[] = [];
  for (const rule of rules) {
    if (isTotal(rule)) {
      all = rule.allow;
      list = [];
    } else if (rule.allow) list = [...list, rule];
    else if (all)
      issues.unsupported(
        rule.from,
        "systemd cannot take a device back where all are allowed: use the cgroupfs manager",
      );
    else list = list.map((one) => (takesBack(rule, one) ? { ...one, access: one.access & ~rule.access } : one));
  }
  const entries = all ? [] : list.filter(({ access }) => access !== 0).flatMap((rule) => allowed(rule, issues));
  return [
    { name: "DevicePolicy", value: { type: "s", value: all ? "auto" : "strict" } },
    { name: "DeviceAllow", value: { type: "a(ss)", value: entries } },
  ];
}
