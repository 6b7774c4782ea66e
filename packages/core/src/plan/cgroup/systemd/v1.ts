// What a scope is on version 1 and hybrid hosts. Systemd puts it into its own hierarchy, and into those of the controllers
// that its version knows. We join all of them, as runc does.
import type { SlotName } from "../../../wire/op.ts";
import type { CreateContext } from "../../create/context.ts";
import type { Issues } from "../../draft/draft.ts";
import type { CgroupPlace } from "../../draft/options.ts";
import type { DeviceRule } from "../device-rules.ts";
import type { Limit } from "../limits/limits.ts";
import { markCgroup } from "../steps.ts";
import { planV1, v1Slot } from "../v1.ts";
import type { DbusProperty } from "./dbus.ts";
import type { PlannedScope, ScopeV1 } from "./systemd.ts";
import { deviceProperties } from "./unit-devices.ts";
import { limitPropertiesV1 } from "./unit-properties.ts";

/** The slots of a scope's version 1 cgroups. */
export function scopeSlotsV1({ v1 }: PlannedScope): readonly SlotName[] {
  return v1.places.map((_, index) => v1Slot(index));
}

/** What `expect-cgroup` knows a hierarchy by. */
export function hierarchyOf({ version, controllers: [controller] }: CgroupPlace): { readonly controller?: string } {
  return version === 1 && controller !== undefined ? { controller } : {};
}

/** The limits, and the devices: systemd lets every device through again when it is reloaded, unless it knows better. */
export function propertiesV1(
  { issues }: { readonly issues: Issues },
  limits: readonly Limit[],
  rules: readonly DeviceRule[],
): readonly DbusProperty[] {
  return [...limitPropertiesV1(limits), ...deviceProperties(issues, rules)];
}

/** Makes the scope's cgroups that systemd has not made, writes every limit, puts init into them, and checks that it is there. */
export function planScopeV1(
  context: CreateContext,
  { places, limits, rules, state }: ScopeV1,
  process: SlotName,
): void {
  const { draft, roots } = context;
  const from = "/linux/cgroupsPath";
  places.forEach((place, index) => {
    const slot = v1Slot(index);
    planV1(context, roots, { place, slot, limits, rules, exists: true, phase: "parent" });
    markCgroup(draft, place, slot, state, "parent");
    draft.add({ op: "join-cgroup", phase: "parent", cgroup: slot, process, from });
    const where = { path: place.path, ...hierarchyOf(place) };
    draft.add({ op: "expect-cgroup", phase: "parent", proc: "proc", process, ...where, from });
  });
}
