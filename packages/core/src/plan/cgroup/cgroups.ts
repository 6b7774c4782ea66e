import { quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";
import type { CgroupManager, CgroupPlace } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import { deviceProgram } from "./device-bpf.ts";
import { readDeviceRules } from "./device-rules.ts";
import type { Limit } from "./limits/limits.ts";
import { askedLimits } from "./limits/limits.ts";
import { limitsHybrid, limitsV1 } from "./limits/v1.ts";
import { limitsV2 } from "./limits/v2.ts";
import type { PlaceContext } from "./place.ts";
import { listPlaces, noCgroups } from "./place.ts";
import { makeCgroups, markCgroup, writeLimits } from "./steps.ts";
import type { PlannedScope } from "./systemd/systemd.ts";
import { planScope, planScopeEnd, scopeSlot } from "./systemd/systemd.ts";
import { scopeSlotsV1 } from "./systemd/v1.ts";
import { planV1, v1Slot } from "./v1.ts";

const devicesPointer = "/linux/resources/devices";

/** The cgroups of a container in its plan. */
export interface PlannedCgroups {
  readonly places: readonly CgroupPlace[];
  /** The version 2 one, for clone. */
  readonly v2: SlotName | undefined;
  /** The version 1 ones, which init is moved into. */
  readonly v1: readonly SlotName[];
  /** The device filter of the version 2 one. */
  readonly filter?: Uint8Array;
  /** The version 2 one is made by systemd, when init is there. */
  readonly scope?: PlannedScope | undefined;
}

/**
 * Loads the device filter. It takes the kernel longer than anything else here, so it is done while init makes the tree;
 * they meet before init gives up its rights.
 */
export function planDeviceFilter({ draft }: Context, { v2, filter }: PlannedCgroups): void {
  if (v2 === undefined || filter === undefined) return;
  draft.add({ op: "set-device-filter", phase: "parent", cgroup: v2, program: filter, from: devicesPointer });
}

const removeTimeoutMs = 10_000;

/** Removes the cgroups when the container has ended, where the launcher sees that end and the container is not kept. */
export function planCgroupEnd(context: CreateContext, { places, v1, v2, scope }: PlannedCgroups): void {
  const { draft, facts, options, roots } = context;
  if (options.keepCgroups === true) return;
  const end = (place: CgroupPlace, cgroup: SlotName, parent: SlotName, base: string): void => {
    const path = place.path.slice(base === "/" ? 1 : base.length + 1);
    const { version } = place;
    const why = "nothing of the container stays behind";
    draft.add({ op: "kill-cgroup", phase: "parent", cgroup, version, signal: 9, why });
    draft.add({ op: "remove-cgroup", phase: "parent", flags: ["absent-ok"], parent, path, timeoutMs: removeTimeoutMs });
  };
  const unified = places.find(({ version }) => version === 2);
  if (scope !== undefined) planScopeEnd(draft, roots, scope.place, scope.unit, "parent");
  else if (unified !== undefined && v2 !== undefined) end(unified, v2, `${v2}-base`, facts.cgroup.base);
  const slots = scope === undefined ? v1 : scopeSlotsV1(scope);
  places
    .filter(({ version, unit }) => version === 1 && unit === undefined)
    .forEach((place, index) => {
      const slot = slots[index];
      if (slot !== undefined) end(place, slot, `${slot}-root`, "/");
    });
}

/** Which controllers the config needs, and where its cgroups are. */
export function placeCgroups(context: PlaceContext, id: string, manager: CgroupManager): readonly CgroupPlace[] {
  const { config } = context;
  const asked = askedLimits(config.linux?.resources, context);
  const reason = noCgroups(context, manager);
  if (reason !== undefined) for (const { pointer } of asked) context.issues.unsupported(pointer, reason);
  return listPlaces(context, id, manager, new Set(asked.map(({ controller }) => controller)));
}

/**
 * Outside the first user namespace no filter can be loaded, and none is needed: no node can be made there. A container has
 * only the devices that were bound for it, as the rules of engines say.
 */
function takesDeviceFilter({ facts }: PlaceContext, places: readonly CgroupPlace[]): boolean {
  if (!facts.initialUserns || !facts.privileged) return false;
  return facts.cgroup.mode === "v2"
    ? places.length > 0
    : places.some(({ controllers }) => controllers.includes("devices"));
}

/** Makes the cgroups and writes the limits. */
export function planCgroups(
  context: Context,
  roots: Roots,
  places: readonly CgroupPlace[],
  state: SlotName | undefined,
  existing: readonly string[] = [],
): PlannedCgroups {
  const { config, facts } = context;
  const resources = config.linux?.resources;
  const rules = readDeviceRules(resources?.devices ?? [], context.issues);
  const filter = takesDeviceFilter(context, places) ? rules : [];
  if (filter.length === 0) checkDevices(context);
  const exists = ({ mount, path }: CgroupPlace): boolean => existing.includes(`${mount}${path}`);
  const unified = places.find(({ version }) => version === 2);
  const isV2 = facts.cgroup.mode === "v2";
  const unifiedLimits = isV2 ? limitsV2(context, resources) : limitsHybrid(context, resources);
  const limits = isV2 || places.length === 0 ? [] : limitsV1(context, resources);
  if (!isV2) checkControllers(context, limits, places);
  const scope = planScope(context, roots, { places, unifiedLimits, limits, rules: isV2 ? [] : filter, state });
  const v2 =
    unified === undefined || scope !== undefined
      ? undefined
      : planV2(context, roots, unified, unifiedLimits, exists(unified));
  if (unified !== undefined && v2 !== undefined) markCgroup(context.draft, unified, v2, state);
  const v2Slot = scope === undefined ? v2 : scopeSlot;
  if (isV2)
    return { places, v2: v2Slot, v1: [], scope, ...(filter.length > 0 ? { filter: deviceProgram(filter) } : {}) };
  if (scope !== undefined) return { places, v2: v2Slot, v1: [], scope };
  const v1 = places
    .filter(({ version }) => version === 1)
    .map((place, index) => {
      const slot = v1Slot(index);
      planV1(context, roots, { place, slot, limits, rules: filter, exists: exists(place), phase: "host" });
      markCgroup(context.draft, place, slot, state);
      return slot;
    });
  return { places, v2, v1 };
}

/** Rules that are asked for are never left out where there are nodes that they are about. */
function checkDevices({ config, facts, issues }: Context): void {
  const asked = config.linux?.resources?.devices ?? [];
  if (asked.length > 0 && facts.initialUserns && facts.privileged)
    issues.unsupported(devicesPointer, "the container has no cgroup that a device filter could be on");
}

/** Pointer → controller: one field may have several files. */
function controllersOf(limits: readonly Limit[]): ReadonlyMap<string, string> {
  return new Map(limits.map(({ controller, from }) => [from, controller]));
}

function checkControllers({ issues }: Context, limits: readonly Limit[], places: readonly CgroupPlace[]): void {
  for (const [from, controller] of controllersOf(limits))
    if (!places.some(({ controllers }) => controllers.includes(controller)))
      issues.unsupported(from, `this host has no ${controller} controller`);
}

function planV2(
  context: Context,
  roots: Roots,
  place: CgroupPlace,
  limits: readonly Limit[],
  exists: boolean,
): SlotName {
  const { draft, facts, issues } = context;
  const { base, controllers } = facts.cgroup;
  const from = "/linux/cgroupsPath";
  const needed = limits.filter(({ controller }) => controller !== "");
  for (const [at, controller] of controllersOf(needed))
    if (!controllers.includes(controller))
      issues.unsupported(
        at,
        `the requested cgroup controller \`${controller}\` is not available beneath ${quote(base)}`,
      );
  const value = [...new Set(needed.map(({ controller }) => `+${controller}`))].sort().join(" ");
  // Every cgroup above has to hand the controllers down.
  const enable = { controller: "", file: "cgroup.subtree_control", value, from: "/linux/resources" };
  const steps = place.path.slice(base === "/" ? 1 : base.length + 1).split("/");
  const path = joinPath(place.mount, base);
  const why = "the topmost cgroup that the caller may change";
  draft.add({ op: "open-cgroup", phase: "host", at: roots.host(), path, version: 2, out: "cgroup-base", from, why });
  const above = needed.length === 0 ? [] : [enable];
  makeCgroups(draft, { parent: "cgroup-base", path: steps, out: "cgroup", above, first: true, exists, phase: "host" });
  writeLimits(draft, "cgroup", limits);
  return "cgroup";
}
