// What a plan gives its container, read from its ops alone: the same for a plan that was just made and for a stored one.
// Pure: nothing is decided here, which is for `audit/` and `policy/`.
import type { Rule as EgressRule } from "../egress/rules.ts";
import type { ProcessIdentity } from "../plan/index.ts";
import type { Plan, PlanKind, SlotName } from "../wire/op.ts";
import type { Cgroups } from "./cgroups/cgroups.ts";
import { readCgroups } from "./cgroups/cgroups.ts";
import type { DeviceFilter } from "./cgroups/devices.ts";
import { readDeviceFilter } from "./cgroups/devices.ts";
import { readDoubts } from "./doubts.ts";
import type { Filters } from "./filters.ts";
import { readFilters } from "./filters.ts";
import type { Doubt } from "./find.ts";
import type { HookView } from "./hooks.ts";
import { doubtPrograms, readHooks } from "./hooks.ts";
import type { LandlockView } from "./landlock.ts";
import { readLandlock } from "./landlock.ts";
import type { Namespaces } from "./namespaces.ts";
import { walkNamespaces } from "./namespaces.ts";
import type { IdMap, LabelView, Rights } from "./rights.ts";
import { changesMounts, doubtStreams, hasHostId, readIdMaps, readLabels, readRights } from "./rights.ts";
import { readSupervised } from "./supervised.ts";
import type { TreeView } from "./trees.ts";
import { readTree } from "./trees.ts";

/** A container's plan with what is known besides. */
export interface Subject {
  readonly plan: Plan;
  /** Plans of kind host that the same container brings later: their hooks count too. */
  readonly later?: readonly Plan[];
  /** The file of the host that CRIU takes orders from when the container is saved or restored. */
  readonly criuConfig?: string | undefined;
  /** The active security modules of the host it is for, where that is known. */
  readonly hostLsm?: readonly string[];
  /** `fs.suid_dumpable` of that host is 1: a process is dumpable after each change of its ids. */
  readonly seenAtIds?: boolean;
  /** The sysctl of that host which keeps the caller from making user namespaces. */
  readonly usernsOff?: string | undefined;
  /** The paths of inputs that are given at launch. */
  readonly inputs?: Readonly<Record<SlotName, string>>;
  /** Those of them that are known to have no symbolic link in them. */
  readonly linkless?: readonly SlotName[];
  /** The plan was made by the runtime's own planner just now; one that was stored may be anybody's. */
  readonly made?: boolean;
  /** The process that is known to be the container's that a plan joins. */
  readonly container?: ProcessIdentity | undefined;
  /** What its caller answers for the sockets that it listens on. */
  readonly egress?: Egress | undefined;
  /** Unix sockets of the host that were named for it. */
  readonly sockets?: readonly string[] | undefined;
}

/** What a container reaches through its caller, and who reaches it. */
export interface Egress {
  readonly allow: readonly EgressRule[];
  /** Ports of the host's loopback interface. */
  readonly hostPorts: readonly number[];
  /** Ports of the container are the host's as well. */
  readonly publishes: boolean;
  /** Hosts to whose requests its caller adds secrets: the caller reads these connections. */
  readonly secrets?: readonly string[];
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
  /** `fs.suid_dumpable` of the host is known to be 1. */
  readonly seenAtIds: boolean;
  /** The sysctl of the host which keeps the caller from making user namespaces, where one is known to. */
  readonly usernsOff: string | undefined;
  readonly filters: Filters;
  /** Undefined where the plan has no Landlock domain. */
  readonly landlock: LandlockView | undefined;
  /** Paths that no call of the program makes. */
  readonly supervised: readonly string[];
  readonly tree: TreeView;
  /** The process has CAP_SYS_ADMIN, or can get it, and so can change the mounts that it is given; locked ones it cannot. */
  readonly changesMounts: boolean;
  readonly deviceFilter: DeviceFilter;
  readonly hooks: readonly HookView[];
  readonly cgroups: Cgroups;
  readonly criuConfig: string | undefined;
  /** Undefined where nobody has said it. */
  readonly egress: Egress | undefined;
  /** Unix sockets of the host that it can connect to, as far as somebody has said it. */
  readonly sockets: readonly string[];
  /** What of the plan is not known here: nothing can be said of what it gives. */
  readonly doubts: readonly Doubt[];
}

/** Reads what a plan gives its container. Never throws, whatever the plan. */
export function readExposure(subject: Subject): Exposure {
  const { plan, later = [], hostLsm = [], inputs = {}, linkless = [], container, seenAtIds = false } = subject;
  const walked = walkNamespaces(plan, container);
  const namespaces = walked.final;
  const tree = readTree(plan, walked, { inputs, linkless });
  const landlock = readLandlock(plan, tree.allowed);
  const cgroups = readCgroups(plan);
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
    seenAtIds,
    usernsOff: subject.usernsOff,
    filters: readFilters(plan),
    landlock,
    supervised: readSupervised(plan, landlock),
    tree,
    changesMounts: changesMounts(plan, rights),
    deviceFilter: readDeviceFilter(plan, cgroups),
    hooks: [
      ...readHooks(plan),
      ...later.flatMap((other) =>
        readHooks(other).map(({ at: { from }, ...hook }) => ({ ...hook, at: from === undefined ? {} : { from } })),
      ),
    ],
    cgroups,
    criuConfig: subject.criuConfig,
    egress: subject.egress,
    sockets: subject.sockets ?? [],
    doubts: readDoubts(subject, [
      ...walked.doubts,
      ...tree.doubts,
      ...cgroups.doubts,
      ...doubtPrograms(plan),
      ...doubtStreams(plan),
    ]),
  };
}
