// What a plan gives its container, read from its ops alone: the same for a plan that was just made and for a stored one.
// Pure: nothing is decided here, which is for `audit/` and `policy/`.
import type { Plan, PlanKind, SlotName } from "../wire/op.ts";
import type { DeviceFilter, DeviceNode } from "./devices.ts";
import { readDeviceFilter, readNodes } from "./devices.ts";
import type { Filters } from "./filters.ts";
import { readFilters } from "./filters.ts";
import type { HookView } from "./hooks.ts";
import { readHooks } from "./hooks.ts";
import type { IdMap } from "./ids.ts";
import { hasHostId, readIdMaps } from "./ids.ts";
import type { LabelView } from "./labels.ts";
import { readLabels } from "./labels.ts";
import type { Namespaces } from "./namespaces.ts";
import { readNamespaces } from "./namespaces.ts";
import type { Rights } from "./rights.ts";
import { changesMounts, readRights } from "./rights.ts";
import type { TreeView } from "./trees.ts";
import { readTree } from "./trees.ts";

/** A container's plan with what is known besides. */
export interface Subject {
  readonly plan: Plan;
  /** Plans of kind host that the same container brings later: their hooks count too. */
  readonly later?: readonly Plan[];
  /** The active security modules of the host it is for, where that is known. */
  readonly hostLsm?: readonly string[];
  /** The paths of inputs that are given at launch. */
  readonly inputs?: Readonly<Record<SlotName, string>>;
}

/** What a plan gives its container. */
export interface Exposure {
  readonly plan: Plan;
  readonly kind: PlanKind;
  readonly namespaces: Namespaces;
  readonly idMaps: readonly IdMap[];
  /** A process of the container is root for files of the host: no user namespace and uid 0, or the host's 0 is mapped. */
  readonly isHostRoot: boolean;
  readonly rights: Rights;
  readonly labels: readonly LabelView[];
  /** Empty where the host is not known. */
  readonly hostLsm: readonly string[];
  readonly filters: Filters;
  readonly tree: TreeView;
  /** The process has CAP_SYS_ADMIN, or can get it, and so can change the mounts that it is given; locked ones it cannot. */
  readonly changesMounts: boolean;
  readonly nodes: readonly DeviceNode[];
  readonly deviceFilter: DeviceFilter;
  readonly hooks: readonly HookView[];
}

/** Reads what a plan gives its container. Never throws, whatever the plan. */
export function readExposure({ plan, later = [], hostLsm = [], inputs = {} }: Subject): Exposure {
  const namespaces = readNamespaces(plan);
  const idMaps = readIdMaps(plan);
  const rights = readRights(plan);
  const mapsRoot = idMaps.some((map) => hasHostId(map, 0));
  return {
    plan,
    kind: plan.kind,
    namespaces,
    idMaps,
    isHostRoot: mapsRoot || (namespaces.user.whose === "host" && rights.uid === 0),
    rights,
    labels: readLabels(plan),
    hostLsm,
    filters: readFilters(plan),
    tree: readTree(plan, inputs),
    changesMounts: changesMounts(plan, rights),
    nodes: readNodes(plan),
    deviceFilter: readDeviceFilter(plan),
    hooks: [
      ...readHooks(plan),
      ...later.flatMap((other) =>
        readHooks(other).map(({ at: { from }, ...hook }) => ({ ...hook, at: from === undefined ? {} : { from } })),
      ),
    ],
  };
}
