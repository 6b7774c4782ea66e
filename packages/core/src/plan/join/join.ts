import type { Config, Process } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";
import { isBeneath, joinPath } from "../../paths.ts";
import type { Plan, SlotName } from "../../wire/op.ts";
import { joinResctrl, openResctrl } from "../cgroup/resctrl/resctrl.ts";
import { planScopeJoin } from "../cgroup/systemd/systemd.ts";
import { confineWaiting } from "../confine/confine.ts";
import { planInherited } from "../create/launcher-side.ts";
import { connectPidfd, sendPidfd } from "../create/messages.ts";
import { planBecome, planUnseen } from "../create/unseen.ts";
import { checkHost } from "../draft/check-host.ts";
import type { Context, Draft } from "../draft/draft.ts";
import { createDraft, createIssues } from "../draft/draft.ts";
import type { CgroupPlace, JoinOptions } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import { createRoots } from "../draft/roots.ts";
import { checkUnsupported } from "../draft/unsupported.ts";
import { openProcess } from "../existing/open-process.ts";
import { setupId } from "../ids/ids.ts";
import type { Labels } from "../ids/labels.ts";
import { needsLabelFiles, planLabelStart, readLabels } from "../ids/labels.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import { cloneFlags, readNamespaces } from "../namespaces/namespaces.ts";
import { checkUserNetwork } from "../namespaces/user-network.ts";
import { canForkLast, keepsDescriptors, planAppearance, planFork } from "../process/appear.ts";
import { planDrop, planLaunchEnd } from "../process/drop.ts";
import { checkFilter, readDrop } from "../process/drop-read.ts";
import { hookState } from "../process/hooks.ts";
import { planAffinity, planFreeCpus, planUninherited } from "../process/scheduling.ts";
import { planStreams } from "../process/streams.ts";
import { planConsoleSocket, readTerminal } from "../process/terminal.ts";
import { checkJoinLock } from "../tree/locked-mounts.ts";
import { planListener } from "../tree/sd-notify.ts";
import { planJoinedTerminal } from "./terminal.ts";

/**
 * Plans a further process of a running container. Capabilities, labels, scheduling and umask are those of its init where the
 * process does not name them. Limits, no_new_privs and OOM score are what the process says, as in runc and crun.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planJoin(config: Config, process: Process, facts: HostFacts, options: JoinOptions): Plan {
  checkHost(facts);
  const draft = createDraft();
  const issues = createIssues(options.warnings);
  const whole = inherit(process, config.process);
  const context: Context = { config, process: whole, processPointer: "", facts, issues, draft };
  checkUnsupported({ ...context, config: { ociVersion: config.ociVersion } });
  const namespaces = readNamespaces(config, issues);
  if (!namespaces.has("mount"))
    issues.unsupported(
      "/linux/namespaces",
      "a container without a mount namespace cannot be joined: its root would be the host's",
    );
  const roots = createRoots(draft);
  const terminal = readTerminal(context, options);
  const drop = readDrop({ ...context, namespaces }, options, false);
  checkJoinLock(context);
  if (options.onUserNetwork === true) checkUserNetwork(context);
  const labels = readLabels(context, options.noNewKeyring !== true);
  const cgroups = planJoinHost(context, roots, labels, options);
  planStreams({ ...context, namespaces, terminal }, options, drop.entry);
  planConsoleSocket(context, roots, terminal);
  connectPidfd(draft, roots, options);
  planParent(context, cgroups, openResctrl(draft, roots, options.resctrl));
  const late = canForkLast(context, labels, drop);
  planJoinArrival(context, namespaces);
  if (!late) planEarlyFork(context, terminal === "none");
  planLabelStart(context, labels);
  if (options.noNewKeyring !== true) draft.add({ op: "new-keyring", phase: "inside" });
  const console =
    terminal === "none" ? undefined : planJoinedTerminal(context, namespaces, options, terminal, drop.entry, late);
  const adopt = () => planAdoption(context);
  const appear = late ? planAppearance(context, { console, attended: isAttended(context), adopt }) : undefined;
  draft.add({ op: "open-root", phase: "rooted", out: "root", why: "the container's root" });
  const state = hookState(config, options.id ?? "", options.bundle ?? "");
  const listener = planListener(context, roots, drop.filter, state, options.target.pid);
  const sends = { pidfd: () => sendPidfd(draft, options, "process", "setns"), ready: () => {} };
  // Init makes no tree here.
  const early = keepsDescriptors(drop);
  const all = {
    ...drop,
    root: "root",
    console,
    labels,
    early,
    attended: !late,
    listener,
    sends,
    appear,
    supervised: options.supervised,
    watched: options.watched,
    // Init's own memory belongs to the host's user namespace here, so that a user may not enter by it.
    entered: "target",
  };
  planDrop(context, options, all);
  planLaunchEnd(context, options, all, "process", terminal === "foreground" ? "terminal-end" : undefined);
  planJoinClone(draft, cgroups.v2);
  const plan = confineWaiting(draft.finish("join"), facts.arch);
  checkFilter(context, plan, drop);
  issues.check("process");
  return issues.tell(plan);
}

function planJoinClone(draft: Draft, cgroup: SlotName | undefined): void {
  const into = cgroup === undefined ? {} : { cgroup };
  const why = "still in the host's namespaces";
  draft.add({ op: "clone", phase: "host", namespaces: 0, vfork: 1, ...into, out: "init", why });
}

function inherit(process: Process, init: Process | undefined): Process {
  const umask = process.user?.umask ?? init?.user?.umask;
  return {
    ...process,
    capabilities: process.capabilities ?? init?.capabilities,
    scheduler: process.scheduler ?? init?.scheduler,
    ioPriority: process.ioPriority ?? init?.ioPriority,
    execCPUAffinity: process.execCPUAffinity ?? init?.execCPUAffinity,
    apparmorProfile: process.apparmorProfile || init?.apparmorProfile,
    selinuxLabel: process.selinuxLabel || init?.selinuxLabel,
    user: { ...process.user, umask },
  };
}

function planJoinHost(context: Context, roots: Roots, labels: Labels, options: JoinOptions): JoinedCgroups {
  const { draft, facts } = context;
  const places = options.cgroups ?? [];
  const unified = places.find(({ version }) => version === 2);
  // Whoever may not write to the cgroup above both its own and the container's has systemd move the process.
  const scope = unified?.unit !== undefined && !isBeneath(unified.path, facts.cgroup.base) ? unified : undefined;
  openProcess(draft, options.target);
  const needsProc = context.process.oomScoreAdj !== undefined || scope !== undefined || needsLabelFiles(labels);
  if (needsProc && BigInt(options.target.inode) !== 0n)
    draft.add({
      op: "open-procfs",
      phase: "host",
      out: "proc",
      why: "the launcher's own: /proc itself is not trusted",
    });
  const open = (place: CgroupPlace, out: SlotName): SlotName => {
    draft.add({
      op: "open-cgroup",
      phase: "host",
      at: roots.host(),
      path: joinPath(place.mount, place.path),
      version: place.version,
      out,
    });
    return out;
  };
  const v1 = places.filter(({ version }) => version === 1).map((place, index) => open(place, `cgroup-v1-${index}`));
  if (scope !== undefined) return { v1, v2: undefined, attach: planScopeJoin(draft, roots, scope) };
  return { v1, v2: unified === undefined ? undefined : open(unified, "cgroup") };
}

/** The cgroups that the process is put in: v2 by clone, v1 and those of a scope that only systemd may change after. */
interface JoinedCgroups {
  readonly v1: readonly SlotName[];
  readonly v2: SlotName | undefined;
  readonly attach?: (process: SlotName) => void;
}

function planParent(context: Context, { v1, attach }: JoinedCgroups, resctrl: readonly SlotName[]): void {
  const { draft } = context;
  for (const cgroup of v1) draft.add({ op: "join-cgroup", phase: "parent", cgroup, process: "init" });
  attach?.("init");
  joinResctrl(draft, resctrl, "init");
  planInherited(context);
  if (!context.process.execCPUAffinity?.initial) planFreeCpus(context, "init");
  draft.add({ op: "release", phase: "parent" });
}

/** Whether the launcher has something to do with the process that init has made. */
function isAttended({ process }: Context): boolean {
  return process.scheduler !== undefined || process.execCPUAffinity !== undefined;
}

function planEarlyFork(context: Context, newSession: boolean): void {
  planFork(context, "inside");
  planAdoption(context);
  if (newSession) context.draft.add({ op: "new-session", phase: "inside" });
}

/** The launcher takes it over. */
function planAdoption(context: Context): void {
  const { draft } = context;
  draft.add({
    op: "adopt",
    phase: "parent",
    process: "init",
    out: "process",
    why: "the process that init made in the container",
  });
  planUninherited(context, "process");
  planAffinity(context, "process");
}

function planJoinArrival(context: Context, namespaces: Namespaces): void {
  const { config, draft } = context;
  const types = [...namespaces.made.keys(), ...namespaces.joined.map(({ type }) => type)];
  const flags = types.reduce((sum, type) => sum | cloneFlags[type], 0);
  planUnseen(draft);
  if (flags !== 0)
    draft.add({
      op: "join-namespaces",
      phase: "inside",
      ns: "target",
      types: flags,
      why: "all of the container's, in one step",
    });
  draft.add({ op: "close", phase: "inside", slot: "target" });
  if (namespaces.has("user"))
    planBecome(
      draft,
      { uid: setupId(config.linux?.uidMappings ?? []), gid: setupId(config.linux?.gidMappings ?? []) },
      { why: "nothing of the host's identity is left when the fork becomes visible" },
    );
}
