import type { SlotName } from "../../wire/op.ts";
import type { PlannedCgroups } from "../cgroup/cgroups.ts";
import { planCgroups, planDeviceFilter } from "../cgroup/cgroups.ts";
import { planCgroupOwner } from "../cgroup/owner.ts";
import { joinResctrl, planResctrl } from "../cgroup/resctrl/resctrl.ts";
import { planScopeStart } from "../cgroup/systemd/systemd.ts";
import type { Context } from "../draft/draft.ts";
import type { PlanCreateOptions } from "../draft/options.ts";
import { planIdmaps } from "../ids/idmap.ts";
import { needsLabelFiles } from "../ids/labels.ts";
import { planInitsIds } from "../ids/mapped-mounts.ts";
import { planListenersParent } from "../namespaces/listeners.ts";
import { cloneFlags, openNamespaces } from "../namespaces/namespaces.ts";
import { planNetDevices } from "../namespaces/netdevices.ts";
import { madeByClone, planTimeOffsets } from "../namespaces/time-offsets.ts";
import { openUserNetwork, planUserNetwork } from "../namespaces/user-network.ts";
import { checkAffinity, planFreeCpus, planScheduling, planUninherited } from "../process/scheduling.ts";
import { planConsoleSocket } from "../process/terminal.ts";
import { covers, planCoverHost } from "../tree/initramfs.ts";
import { planRootfsHost } from "../tree/rootfs.ts";
import type { CreateContext } from "./context.ts";
import { bindNotify, connectPidfd } from "./messages.ts";
import { carriesWorkDir, planWorkDirHost } from "./work-dir.ts";

/** The control groups that init is put into. */
export interface HostGroups extends PlannedCgroups {
  readonly resctrl: readonly SlotName[];
}

/** Phase host, up to what the mounts add to it. */
export function planHost(context: CreateContext): HostGroups {
  const { draft, options, namespaces, roots, config } = context;
  const keeps = keepsState(options);
  const mapsIds = context.mounts.some(({ uids }) => uids.length > 0);
  const asked = config.process?.oomScoreAdj !== undefined || config.linux?.timeOffsets !== undefined;
  if (keeps) draft.input("state", "dir");
  const scoped = context.places.some(({ unit }) => unit !== undefined);
  if (
    keeps ||
    covers(context) ||
    scoped ||
    mapsIds ||
    asked ||
    namespaces.made.has("user") ||
    needsLabelFiles(context.labels)
  )
    draft.add({
      op: "open-procfs",
      phase: "host",
      out: "proc",
      why: "the launcher's own: /proc itself is not trusted",
    });
  planCoverHost(context);
  planConsoleSocket(context, roots, context.terminal);
  if (namespaces.joined.length > 0) openNamespaces(context, namespaces, roots.host());
  const cgroups = planCgroups(context, roots, context.places, keeps ? "state" : undefined, options.existingCgroups);
  if (cgroups.scope === undefined) planCgroupOwner(context, cgroups.v2);
  const resctrl = planResctrl(context, roots, options.id);
  if (options.gate === true)
    draft.add({ op: "make-gate", phase: "host", state: "state", out: "gate", why: "where start will knock" });
  connectPidfd(draft, roots, options);
  bindNotify(draft, roots, options.notify);
  openUserNetwork(context);
  planWorkDirHost(context);
  if (!carriesWorkDir(context))
    planRootfsHost(context, namespaces, roots, options.rootfs ?? { input: true }, context.cloneIn);
  return { ...cgroups, resctrl };
}

function keepsState(options: PlanCreateOptions): boolean {
  return options.state === true || options.gate === true;
}

/** Phase parent, up to the first meeting. Returns the slot of the container's process. */
export function planParentStart(context: CreateContext, cgroups: HostGroups): SlotName {
  const { draft, namespaces, roots } = context;
  const join = (slot: SlotName): void => {
    for (const cgroup of cgroups.v1)
      draft.add({ op: "join-cgroup", phase: "parent", cgroup, process: slot, from: "/linux/cgroupsPath" });
    joinResctrl(draft, cgroups.resctrl, slot);
  };
  const isFirst = context.forks === "first";
  if (isFirst) {
    join("init");
    planInherited(context);
    planFreeCpus(context, "init");
    draft.add({ op: "release", phase: "parent" });
    draft.add({
      op: "adopt",
      phase: "parent",
      process: "init",
      out: "container",
      why: "the process that init made where it joined",
    });
    planIdmaps(context, namespaces, roots, "container");
  } else {
    planIdmaps(context, namespaces, roots, "init");
    planInitsIds(context, "init");
  }
  const slot = isFirst ? "container" : "init";
  const isLast = context.forks === "last";
  if (!isLast) planRecord(context, slot);
  if (!isFirst) join("init");
  if (cgroups.scope !== undefined) planScopeStart(context, cgroups.scope, slot);
  if (!isFirst) {
    planInherited(context);
    planFreeCpus(context, "init");
  }
  if (!isLast) planUninherited(context, slot);
  checkAffinity(context);
  planNetDevices(context, slot);
  planUserNetwork(context, slot);
  if (!isFirst) draft.add({ op: "release", phase: "parent" });
  planListenersParent(context);
  draft.meet("parent", "init is mapped, recorded and in its cgroups");
  planDeviceFilter(context, cgroups);
  return isLast ? "container" : slot;
}

/** Puts the container's process on record. */
export function planRecord({ draft, options }: CreateContext, process: SlotName): void {
  if (!keepsState(options)) return;
  const why = "so that it is found even if all else fails";
  draft.add({ op: "record-process", phase: "parent", state: "state", proc: "proc", process, why });
}

/**
 * What a process hands on to the one that it forks, set before init begins. Afterwards init's /proc/PID belongs to root,
 * and init may have other ids than the launcher: an unprivileged launcher could set neither.
 */
export function planInherited(context: Context): void {
  planOomScore(context, "init");
  planScheduling(context, "init");
}

/** Writes the OOM score, of -1000 to 1000. */
export function planOomScore({ draft, issues, process, processPointer }: Context, slot: SlotName): void {
  const score = process.oomScoreAdj;
  if (score === undefined) return;
  const from = `${processPointer}/oomScoreAdj`;
  if (score < -1000 || score > 1000) issues.invalid(from, `must be from -1000 to 1000, got ${score}`);
  draft.add({ op: "set-oom-score", phase: "parent", proc: "proc", process: slot, score, from });
}

/** The last op of phase host. */
export function planClone(context: CreateContext, cgroup: SlotName | undefined): void {
  const { draft, namespaces } = context;
  const isFirst = context.forks === "first";
  planTimeOffsets(context, namespaces);
  const flags = madeByClone(context, namespaces);
  // CLONE_VM would keep the child in the old time namespace, and id maps have to be there before init is executed.
  const vfork = (isFirst ? 0 : flags & (cloneFlags.user | cloneFlags.time)) === 0 && !namespaces.made.has("time");
  draft.add({
    op: "clone",
    phase: "host",
    namespaces: isFirst ? 0 : flags,
    vfork: vfork ? 1 : 0,
    ...(cgroup === undefined ? {} : { cgroup }),
    out: "init",
    from: "/linux/namespaces",
  });
}
