import type { Config } from "@coffer/spec";
import type { HostFacts } from "../host/facts.ts";
import type { Plan, SlotName } from "../wire/op.ts";
import { readCapabilities } from "./capabilities.ts";
import { placeCgroups, planCgroups } from "./cgroups.ts";
import { checkHost } from "./check-host.ts";
import type { Context } from "./draft.ts";
import { createDraft, createIssues } from "./draft.ts";
import type { DropPlan } from "./drop.ts";
import { planDrop, planLaunchEnd } from "./drop.ts";
import { checkFilterCalls, compileFilter } from "./filter.ts";
import { checkIdmaps, deniesSetgroups, planIdmaps } from "./idmap.ts";
import { planInside } from "./inside.ts";
import type { MountEntry } from "./mount-list.ts";
import { readMounts } from "./mount-list.ts";
import type { Namespaces } from "./namespaces.ts";
import { cloneFlags, needsFork, openNamespaces, readNamespaces } from "./namespaces.ts";
import type { CgroupPlace, CreateOptions, TerminalMode } from "./options.ts";
import { readProcess, readRlimits } from "./process.ts";
import { planRootfsHost } from "./rootfs.ts";
import type { Roots } from "./roots.ts";
import { createRoots } from "./roots.ts";
import { planConsoleSocket, readTerminal } from "./terminal.ts";
import { checkTimeOffsets, planTimeOffsets } from "./time-offsets.ts";
import { checkUnsupported } from "./unsupported.ts";

/** What the steps of a plan of kind create share. */
export interface CreateContext extends Context {
  readonly options: CreateOptions;
  readonly namespaces: Namespaces;
  readonly roots: Roots;
  readonly mounts: readonly MountEntry[];
  readonly places: readonly CgroupPlace[];
  readonly terminal: TerminalMode;
  /** Init makes the real process after joining; else it is that process. */
  readonly forks: boolean;
  /** Where mounts of the host are cloned. */
  readonly cloneIn: "host" | "inside";
}

/**
 * Plans a container: the only way from a config to a plan of kind create.
 *
 * Pure: the same config, facts and options give the same plan.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planCreate(config: Config, facts: HostFacts, options: CreateOptions): Plan {
  checkHost(facts);
  const context = readCreate(config, facts, options);
  const cgroups = planHost(context);
  const drop = readDrop(context);
  const process = planParentStart(context, cgroups.v1);
  const { root, console, terminal } = planInside(context, drop.entry);
  planDrop(context, options, { ...drop, root, console });
  planLaunchEnd(context, options, { ...drop, root, console }, process, terminal);
  planClone(context, cgroups.v2);
  const plan = context.draft.finish("create");
  checkFilter(context, plan, drop);
  context.issues.check("config");
  return plan;
}

/** The cgroups that `planCreate` would make: what the state directory records, and exec, kill and delete work on. */
export function cgroupPlaces(config: Config, facts: HostFacts, id: string, noCgroup = false): readonly CgroupPlace[] {
  const context = { config, facts, issues: createIssues() };
  const places = placeCgroups(context, id, noCgroup);
  context.issues.check("config");
  return places;
}

function readCreate(config: Config, facts: HostFacts, options: CreateOptions): CreateContext {
  const issues = createIssues();
  const draft = createDraft();
  const { process } = config;
  if (config.root === undefined) issues.invalid("/root", "is required");
  if (process === undefined) {
    issues.invalid("/process", "is required to start a container");
    throw issues.error("config");
  }
  const context: Context = { config, process, processPointer: "/process", facts, issues, draft };
  checkUnsupported(context);
  const namespaces = readNamespaces(config, issues);
  for (const { type, pointer } of namespaces.joined)
    if (type === "mount")
      issues.unsupported(`${pointer}/path`, "a container cannot be made in a mount namespace that is there already");
  issues.check("config");
  checkIdmaps(context, namespaces);
  checkTimeOffsets(context, namespaces);
  return {
    ...context,
    options,
    namespaces,
    roots: createRoots(draft),
    mounts: readMounts(context, namespaces, options.bundle),
    places: placeCgroups(context, options.id, options.noCgroup === true),
    terminal: readTerminal(context, options),
    forks: needsFork(namespaces),
    cloneIn: facts.privileged && namespaces.has("user") ? "host" : "inside",
  };
}

/** Phase host, up to what the mounts add to it. */
function planHost(context: CreateContext): { readonly v1: readonly SlotName[]; readonly v2: SlotName | undefined } {
  const { draft, options, namespaces, roots, config } = context;
  const keeps = keepsState(options);
  const mapsIds = context.mounts.some(({ uids }) => uids.length > 0);
  const scored = config.process?.oomScoreAdj !== undefined;
  if (keeps) draft.input("state", "dir");
  if (keeps || mapsIds || scored || namespaces.made.has("user") || config.linux?.timeOffsets !== undefined)
    draft.add({
      op: "open-procfs",
      phase: "host",
      out: "proc",
      why: "the launcher's own: /proc itself is not trusted",
    });
  planConsoleSocket(context, roots, context.terminal);
  if (namespaces.joined.length > 0) openNamespaces(context, namespaces, roots.host());
  const cgroups = planCgroups(context, roots, context.places);
  if (options.gate === true)
    draft.add({ op: "make-gate", phase: "host", state: "state", out: "gate", why: "where start will knock" });
  planRootfsHost(context, roots, options.rootfs ?? { input: true }, context.cloneIn);
  return cgroups;
}

function keepsState(options: CreateOptions): boolean {
  return options.state ?? options.gate === true;
}

function readDrop(context: CreateContext): Omit<DropPlan, "root" | "console"> {
  const { process, options, namespaces } = context;
  const entry = readProcess(context, options, namespaces.made.has("user"));
  return {
    entry,
    capabilities: readCapabilities(context, process.capabilities),
    rlimits: readRlimits(context, process.rlimits),
    filter: compileFilter(context),
    noNewPrivileges: process.noNewPrivileges === true,
    oomScoreAdj: process.oomScoreAdj,
    setGroups: !deniesSetgroups(context) || !namespaces.has("user"),
    gate: options.gate === true,
  };
}

/** Phase parent, up to the first meeting. Returns the slot of the container's process. */
function planParentStart(context: CreateContext, v1: readonly SlotName[]): SlotName {
  const { draft, options, namespaces, roots, process } = context;
  const join = (slot: SlotName): void => {
    for (const cgroup of v1)
      draft.add({ op: "join-cgroup", phase: "parent", cgroup, process: slot, from: "/linux/cgroupsPath" });
  };
  if (!context.forks) planIdmaps(context, namespaces, roots, "init");
  if (context.forks) {
    join("init");
    draft.add({ op: "release", phase: "parent" });
    draft.add({
      op: "adopt",
      phase: "parent",
      process: "init",
      out: "container",
      why: "the process that init made where it joined",
    });
    planIdmaps(context, namespaces, roots, "container");
  }
  const slot = context.forks ? "container" : "init";
  if (keepsState(options))
    draft.add({
      op: "record-process",
      phase: "parent",
      state: "state",
      proc: "proc",
      process: slot,
      why: "so that it is found even if all else fails",
    });
  if (!context.forks) join("init");
  planOomScore(context, slot, process.oomScoreAdj);
  if (!context.forks) draft.add({ op: "release", phase: "parent" });
  draft.add({ op: "sync", phase: "parent", number: 1, why: "init is mapped, recorded and in its cgroups" });
  return slot;
}

/** Writes the OOM score, of -1000 to 1000. */
export function planOomScore(
  { draft, issues, processPointer }: Context,
  process: SlotName,
  score: number | undefined,
): void {
  if (score === undefined) return;
  const from = `${processPointer}/oomScoreAdj`;
  if (score < -1000 || score > 1000) issues.invalid(from, `must be from -1000 to 1000, got ${score}`);
  draft.add({ op: "set-oom-score", phase: "parent", proc: "proc", process, score, from });
}

/** The last op of phase host. */
function planClone(context: CreateContext, cgroup: SlotName | undefined): void {
  const { draft, namespaces, forks } = context;
  const offsets = planTimeOffsets(context, namespaces);
  // The cgroup namespace comes later, from inside the cgroup that is to be its root.
  const flags = namespaces.flags("cgroup", ...(offsets ? (["time"] as const) : []));
  // CLONE_VM would keep the child in the old time namespace, and id maps have to be there before init is executed.
  const vfork = (forks ? 0 : flags & (cloneFlags.user | cloneFlags.time)) === 0 && !namespaces.made.has("time");
  draft.add({
    op: "clone",
    phase: "host",
    namespaces: forks ? 0 : flags,
    vfork: vfork ? 1 : 0,
    ...(cgroup === undefined ? {} : { cgroup }),
    out: "init",
    from: "/linux/namespaces",
  });
}

function checkFilter(context: CreateContext, plan: Plan, { filter }: Pick<DropPlan, "filter">): void {
  const loaded = plan.ops.findIndex(({ op }) => op === "load-seccomp");
  if (filter !== undefined && loaded >= 0) checkFilterCalls(context, filter, plan.ops.slice(loaded + 1));
}
