import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { CgroupPlace } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import type { DeviceRule } from "./device-rules.ts";
import { accessText, isTotal } from "./device-rules.ts";
import type { Limit } from "./limits/limits.ts";
import { cpusetFields } from "./limits/limits.ts";
import { makeCgroups, writeLimits } from "./steps.ts";

/** The slot of the container's cgroup in a version 1 hierarchy; that of the hierarchy itself is `<slot>-root`. */
export const v1Slot = (index: number): SlotName => `cgroup-v1-${index}`;

/** A cgroup of a version 1 hierarchy. */
export interface V1Cgroup {
  readonly place: CgroupPlace;
  readonly slot: SlotName;
  readonly limits: readonly Limit[];
  readonly rules: readonly DeviceRule[];
  readonly exists: boolean;
  readonly phase: "host" | "parent";
}

/** Makes a cgroup of one version 1 hierarchy and writes its limits. */
export function planV1(context: Context, roots: Roots, cgroup: V1Cgroup): SlotName {
  const { draft, facts } = context;
  const { place, slot, limits, rules, exists, phase } = cgroup;
  const from = "/linux/cgroupsPath";
  const own = limits.filter(({ controller }) => place.controllers.includes(controller));
  const parent = `${slot}-root`;
  draft.add({ op: "open-cgroup", phase, at: roots.host(), path: place.mount, version: 1, out: parent, from });
  const cpuset = place.controllers.includes("cpuset") ? facts.cgroup.cpuset : undefined;
  const above = cpuset === undefined ? [] : cpusetFields.map((name) => cpusetLimit(name, cpuset[name]));
  const path = place.path.slice(1).split("/");
  makeCgroups(draft, { parent, path, out: slot, above, first: false, exists, phase });
  // A new version 1 cpuset is empty, and takes no process until it has both.
  const filled = own.some(({ controller }) => controller === "cpuset") ? [] : above;
  writeLimits(draft, slot, [...filled, ...own], phase);
  if (place.controllers.includes("devices")) planV1Devices(context, slot, rules, phase);
  return slot;
}

function cpusetLimit(name: string, value: string): Limit {
  return { controller: "cpuset", file: `cpuset.${name}`, value, from: "/linux/resources/cpu" };
}

/**
 * Version 1 keeps a default and a list of exceptions, and takes back only what was given of the very same devices. A rule
 * that would make a hole in a wider rule is refused. A rule that takes back what nobody gave changes nothing.
 */
function planV1Devices(
  { draft, issues }: Context,
  cgroup: SlotName,
  rules: readonly DeviceRule[],
  phase: "host" | "parent",
): void {
  let allowed = true;
  let exceptions: readonly DeviceRule[] = [];
  for (const rule of rules) {
    if (isTotal(rule)) {
      allowed = rule.allow;
      exceptions = [];
    } else if (rule.allow !== allowed) exceptions = [...exceptions, rule];
    else if (!rule.allow && exceptions.some((other) => overlaps(rule, other) && !isSameDevice(rule, other)))
      issues.unsupported(rule.from, "cgroup v1 cannot take a part back of what a wider rule has given");
    const file = rule.allow ? "devices.allow" : "devices.deny";
    for (const value of isTotal(rule) ? ["a"] : ruleLines(rule))
      draft.add({ op: "write-cgroup", phase, cgroup, file, value, from: rule.from });
  }
}

type DeviceField = "type" | "major" | "minor";
const deviceFields: readonly DeviceField[] = ["type", "major", "minor"];

function overlaps(a: DeviceRule, b: DeviceRule): boolean {
  const meets = (name: DeviceField): boolean => a[name] === undefined || b[name] === undefined || a[name] === b[name];
  return (a.access & b.access) !== 0 && deviceFields.every(meets);
}

/** Of rules that overlap: one of any type is two there, one of each. */
export function isSameDevice(a: DeviceRule, b: DeviceRule): boolean {
  return a.major === b.major && a.minor === b.minor;
}

function ruleLines({ type, major, minor, access }: DeviceRule): readonly string[] {
  const types = type === undefined ? ["b", "c"] : [type];
  return types.map((name) => `${name} ${major ?? "*"}:${minor ?? "*"} ${accessText(access)}`);
}
