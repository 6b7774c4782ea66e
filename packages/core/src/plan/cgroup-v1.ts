import type { SlotName } from "../wire/op.ts";
import { makeCgroups, writeLimits } from "./cgroup-steps.ts";
import type { DeviceRule } from "./device-rules.ts";
import { accessText, isTotal } from "./device-rules.ts";
import type { Context } from "./draft.ts";
import type { Limit } from "./limits.ts";
import { cpusetFields } from "./limits.ts";
import type { CgroupPlace } from "./options.ts";
import type { Roots } from "./roots.ts";

/** Makes a cgroup of one version 1 hierarchy and writes its limits. */
export function planV1(
  context: Context,
  roots: Roots,
  place: CgroupPlace,
  index: number,
  limits: readonly Limit[],
  rules: readonly DeviceRule[],
): SlotName {
  const { draft, facts } = context;
  const from = "/linux/cgroupsPath";
  const slot = `cgroup-v1-${index}`;
  const own = limits.filter(({ controller }) => place.controllers.includes(controller));
  const parent = `${slot}-root`;
  draft.add({ op: "open-cgroup", phase: "host", at: roots.host(), path: place.mount, version: 1, out: parent, from });
  const cpuset = place.controllers.includes("cpuset") ? facts.cgroup.cpuset : undefined;
  const above = cpuset === undefined ? [] : cpusetFields.map((name) => cpusetLimit(name, cpuset[name]));
  makeCgroups(draft, { parent, path: place.path.slice(1).split("/"), out: slot, above, first: false });
  // A new version 1 cpuset is empty, and takes no process until it has both.
  const filled = own.some(({ controller }) => controller === "cpuset") ? [] : above;
  writeLimits(draft, slot, [...filled, ...own]);
  if (place.controllers.includes("devices")) planV1Devices(context, slot, rules);
  return slot;
}

function cpusetLimit(name: string, value: string): Limit {
  return { controller: "cpuset", file: `cpuset.${name}`, value, from: "/linux/resources/cpu" };
}

/** Version 1 keeps a default and a list of exceptions, so some lists of rules have no form there. */
function planV1Devices({ draft, issues }: Context, cgroup: SlotName, rules: readonly DeviceRule[]): void {
  let allowed = true;
  const known = new Set<string>();
  for (const rule of rules) {
    const lines = isTotal(rule) ? ["a"] : ruleLines(rule);
    if (isTotal(rule)) {
      allowed = rule.allow;
      known.clear();
    } else if (rule.allow !== allowed) for (const line of lines) known.add(line);
    else if (!rule.allow && lines.some((line) => !known.has(line)))
      issues.unsupported(rule.from, "cgroup v1 can take back only a rule that was given in the same words");
    for (const value of lines)
      draft.add({
        op: "write-cgroup",
        phase: "host",
        cgroup,
        file: rule.allow ? "devices.allow" : "devices.deny",
        value,
        from: rule.from,
      });
  }
}

function ruleLines({ type, major, minor, access }: DeviceRule): readonly string[] {
  const types = type === undefined ? ["b", "c"] : [type];
  return types.map((name) => `${name} ${major ?? "*"}:${minor ?? "*"} ${accessText(access)}`);
}
