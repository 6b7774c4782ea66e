// The cgroups of a container whose manager is systemd: a scope that it makes around init.

import { joinPath } from "../../../paths.ts";
import type { SlotName } from "../../../wire/op.ts";
import type { CreateContext } from "../../create/context.ts";
import type { Context, Draft } from "../../draft/draft.ts";
import type { CgroupPlace, CgroupUnit } from "../../draft/options.ts";
import type { Roots } from "../../draft/roots.ts";
import type { DeviceRule } from "../device-rules.ts";
import type { Limit } from "../limits/limits.ts";
import { planCgroupOwner } from "../owner.ts";
import { enableControllers, expectMark, markCgroup, writeLimits } from "../steps.ts";
import type { Manager } from "./bus.ts";
import { connectManager } from "./bus.ts";
import type { DbusProperty } from "./dbus.ts";
import { limitProperties } from "./unit-properties.ts";
import { hierarchyOf, planScopeV1, propertiesV1 } from "./v1.ts";

/** Controllers that systemd hands down to a scope that is delegated; it has no word for the others. */
const ofSystemd: ReadonlySet<string> = new Set(["cpu", "cpuset", "io", "memory", "pids", ""]);
/** The slot of the connection, and of the scope's cgroup. */
export const busSlot: SlotName = "systemd";
export const scopeSlot: SlotName = "cgroup";
const sigkill = 9;
const removeTimeoutMs = 10_000;

/** A scope that is still to be made. */
export interface PlannedScope {
  readonly place: CgroupPlace;
  readonly unit: CgroupUnit;
  /** In the unified hierarchy. */
  readonly limits: readonly Limit[];
  /** In those of version 1. */
  readonly v1: ScopeV1;
  readonly manager: Manager;
}

/** What of a scope is in hierarchies of version 1, each of which has a cgroup of it. */
export interface ScopeV1 {
  /** Without the one that has the unit. */
  readonly places: readonly CgroupPlace[];
  readonly limits: readonly Limit[];
  readonly rules: readonly DeviceRule[];
  readonly state: SlotName | undefined;
}

/** The container's cgroups, one of which has a unit if systemd makes them, and what is asked of them. */
export interface ScopeParts {
  readonly places: readonly CgroupPlace[];
  readonly unifiedLimits: readonly Limit[];
  readonly limits: readonly Limit[];
  readonly rules: readonly DeviceRule[];
  readonly state: SlotName | undefined;
}

/** Connects to systemd, before there is a container. */
export function planScope(context: Context, roots: Roots, parts: ScopeParts): PlannedScope | undefined {
  const { draft, facts, issues } = context;
  const place = parts.places.find(({ unit }) => unit !== undefined);
  if (place?.unit === undefined) return undefined;
  const { unit } = place;
  for (const { from, controller } of parts.unifiedLimits)
    if (controller !== "" && !facts.systemd?.controllers.includes(controller))
      issues.unsupported(from, `the ${controller} controller is not available to this systemd`);
  const manager = connectManager(draft, roots, { phase: "host", callPhase: "parent", unit, slot: busSlot });
  const places = parts.places.filter((one) => one.version === 1 && one !== place);
  return { place, unit, limits: parts.unifiedLimits, v1: { ...parts, places }, manager };
}

function properties(context: CreateContext, { unit, limits, v1 }: PlannedScope): readonly DbusProperty[] {
  const isV2 = context.facts.cgroup.mode === "v2";
  const on = (name: string, value = true): DbusProperty => ({ name, value: { type: "b", value } });
  const accounting = [
    "MemoryAccounting",
    "CPUAccounting",
    isV2 ? "IOAccounting" : "BlockIOAccounting",
    "TasksAccounting",
  ];
  const text = (name: string, value: string): DbusProperty => ({ name, value: { type: "s", value } });
  const fixed = [
    text("Description", `coffer container ${context.options.id}`),
    text("Slice", unit.slice),
    on("DefaultDependencies", false),
    on("Delegate"),
    ...accounting.map((name) => on(name)),
    // A scope whose processes were killed has failed: it would stay, and its name be taken.
    text("CollectMode", "inactive-or-failed"),
  ];
  const asked = context.unitProperties.filter(({ name }) => !fixed.some((one) => one.name === name));
  const limited = isV2 ? limitProperties(limits) : propertiesV1(context, v1.limits, v1.rules);
  return [...fixed, ...asked, ...limited];
}

/**
 * Has systemd make the scope around init, checks that init is in the planned cgroup of the scope, and writes every limit
 * again. Systemd rounds some limits, has no word for others, and silently ignores what it cannot set.
 */
export function planScopeStart(context: CreateContext, scope: PlannedScope, process: SlotName): void {
  const { draft, roots } = context;
  const { place, limits, manager, v1 } = scope;
  const from = "/linux/cgroupsPath";
  manager.startScope(properties(context, scope), process);
  manager.stopOnFailure();
  draft.add({
    op: "expect-cgroup",
    phase: "parent",
    proc: "proc",
    process,
    path: place.path,
    ...hierarchyOf(place),
    from,
  });
  enableForeign(draft, roots, place, limits, "parent");
  const path = joinPath(place.mount, place.path);
  draft.add({
    op: "open-cgroup",
    phase: "parent",
    at: roots.host(),
    path,
    version: place.version,
    out: scopeSlot,
    from,
  });
  markCgroup(draft, place, scopeSlot, v1.state, "parent");
  writeLimits(draft, scopeSlot, limits, "parent");
  planCgroupOwner(context, scopeSlot, "parent");
  planScopeV1(context, v1, process);
}

/** What systemd has no word for it does not hand down either. */
function enableForeign(
  draft: Draft,
  roots: Roots,
  place: CgroupPlace,
  limits: readonly Limit[],
  phase: "host" | "parent",
): void {
  const foreign = limits.filter(({ controller }) => !ofSystemd.has(controller));
  enableControllers(draft, roots, { place, base: "/", limits: foreign, phase });
}

/** Has systemd move a process into a scope, and checks that it is there: for a caller that may not do it itself. */
export function planScopeJoin(draft: Draft, roots: Roots, place: CgroupPlace): (process: SlotName) => void {
  const { unit, path } = place;
  if (unit === undefined) return () => {};
  const manager = connectManager(draft, roots, { phase: "host", callPhase: "parent", unit, slot: busSlot });
  return (process) => {
    manager.attach(process);
    draft.add({ op: "expect-cgroup", phase: "parent", proc: "proc", process, path, from: "/linux/cgroupsPath" });
    draft.add({ op: "close", phase: "parent", slot: busSlot });
  };
}

/**
 * Ends a scope: kills what is in it, has systemd stop it, and removes its cgroup where systemd has not come to it yet. What
 * is gone already is ignored.
 */
export function planScopeEnd(
  draft: Draft,
  roots: Roots,
  place: CgroupPlace,
  unit: CgroupUnit,
  phase: "host" | "parent",
): void {
  const slot = phase === "parent" ? `${busSlot}-end` : busSlot;
  const cgroup = phase === "parent" ? scopeSlot : `${scopeSlot}-end`;
  const parent = `${scopeSlot}-top`;
  const at = roots.host();
  const { version } = place;
  const open = { op: "open-cgroup", phase, at, version } as const;
  if (phase === "host") {
    draft.add({ ...open, flags: ["absent-ok"], path: joinPath(place.mount, place.path), out: cgroup });
    expectMark(draft, place, cgroup);
  }
  const why = "nothing of the container stays behind";
  draft.add({ op: "kill-cgroup", phase, cgroup, version, signal: sigkill, why });
  connectManager(draft, roots, { phase, callPhase: phase, unit, slot }).stop();
  draft.add({ ...open, path: place.mount, out: parent });
  const path = place.path.slice(1);
  draft.add({ op: "remove-cgroup", phase, flags: ["absent-ok"], parent, path, timeoutMs: removeTimeoutMs });
}

/** Tells systemd of changed limits. */
export function planScopeUpdate(
  draft: Draft,
  roots: Roots,
  place: CgroupPlace,
  unit: CgroupUnit,
  limits: readonly Limit[],
): void {
  planUnitUpdate(draft, roots, unit, limitProperties(limits));
  enableForeign(draft, roots, place, limits, "host");
}

/** Tells systemd of changed properties, if there are any. */
export function planUnitUpdate(draft: Draft, roots: Roots, unit: CgroupUnit, changed: readonly DbusProperty[]): void {
  if (changed.length > 0)
    connectManager(draft, roots, { phase: "host", callPhase: "host", unit, slot: busSlot }).setProperties(changed);
}
