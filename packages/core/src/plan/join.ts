import type { Config, Process } from "@coffer/spec";
import type { HostFacts } from "../host/facts.ts";
import type { Plan, SlotName } from "../wire/op.ts";
import { planOomScore } from "./build.ts";
import { readCapabilities } from "./capabilities.ts";
import { checkHost } from "./check-host.ts";
import type { Context } from "./draft.ts";
import { createDraft, createIssues } from "./draft.ts";
import type { DropPlan } from "./drop.ts";
import { planDrop, planLaunchEnd } from "./drop.ts";
import { checkFilterCalls, compileFilter } from "./filter.ts";
import { deniesSetgroups } from "./idmap.ts";
import { setupId } from "./ids.ts";
import type { Namespaces } from "./namespaces.ts";
import { cloneFlags, readNamespaces } from "./namespaces.ts";
import type { CgroupPlace, JoinOptions } from "./options.ts";
import { joinPath } from "./paths.ts";
import { readProcess, readRlimits } from "./process.ts";
import type { Roots } from "./roots.ts";
import { createRoots } from "./roots.ts";
import { planConsoleSocket, planTerminal, readTerminal } from "./terminal.ts";
import { checkUnsupported } from "./unsupported.ts";

/**
 * Plans a further process of a running container. What the process leaves unsaid, its init's process says: it may do
 * what init may, field by field, unless more or less is asked for.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planJoin(config: Config, process: Process, facts: HostFacts, options: JoinOptions): Plan {
  checkHost(facts);
  const draft = createDraft();
  const issues = createIssues();
  const context: Context = {
    config,
    process: inherit(process, config.process),
    processPointer: "",
    facts,
    issues,
    draft,
  };
  checkUnsupported({ ...context, config: { ociVersion: config.ociVersion } });
  const namespaces = readNamespaces(config, issues);
  const roots = createRoots(draft);
  const terminal = readTerminal(context, options);
  const drop = readDrop(context, namespaces, options);
  const cgroups = planHost(context, roots, options);
  planConsoleSocket(context, roots, terminal);
  planParent(context, cgroups.v1);
  planArrival(context, namespaces, terminal === "none", options);
  const console = terminal === "none" ? undefined : planJoinedTerminal(context, namespaces, options, terminal, drop);
  draft.add({ op: "open-root", phase: "rooted", out: "root", why: "the container's root" });
  const whole = { ...drop, root: "root", console };
  planDrop(context, options, whole);
  planLaunchEnd(context, options, whole, "process", terminal === "foreground" ? "terminal-end" : undefined);
  const cgroup = cgroups.v2 === undefined ? {} : { cgroup: cgroups.v2 };
  draft.add({
    op: "clone",
    phase: "host",
    namespaces: 0,
    vfork: 1,
    ...cgroup,
    out: "init",
    why: "still in the host's namespaces",
  });
  const plan = draft.finish("join");
  const loaded = plan.ops.findIndex(({ op }) => op === "load-seccomp");
  if (drop.filter !== undefined && loaded >= 0) checkFilterCalls(context, drop.filter, plan.ops.slice(loaded + 1));
  issues.check("process");
  return plan;
}

function inherit(process: Process, init: Process | undefined): Process {
  const umask = process.user?.umask ?? init?.user?.umask;
  return {
    ...process,
    capabilities: process.capabilities ?? init?.capabilities,
    rlimits: process.rlimits ?? init?.rlimits,
    noNewPrivileges: process.noNewPrivileges ?? init?.noNewPrivileges,
    oomScoreAdj: process.oomScoreAdj ?? init?.oomScoreAdj,
    user: { ...process.user, umask },
  };
}

function readDrop(context: Context, namespaces: Namespaces, options: JoinOptions): Omit<DropPlan, "root" | "console"> {
  const { process } = context;
  const entry = readProcess(context, options, namespaces.made.has("user"));
  return {
    entry,
    capabilities: readCapabilities(context, process.capabilities),
    rlimits: readRlimits(context, process.rlimits),
    filter: compileFilter(context),
    noNewPrivileges: process.noNewPrivileges === true,
    oomScoreAdj: process.oomScoreAdj,
    setGroups: !deniesSetgroups(context) || !namespaces.has("user"),
    gate: false,
  };
}

function planHost(
  context: Context,
  roots: Roots,
  options: JoinOptions,
): { readonly v1: readonly SlotName[]; readonly v2: SlotName | undefined } {
  const { draft } = context;
  const { pid, startTime, inode } = options.target;
  draft.add({ op: "open-procfs", phase: "host", out: "proc", why: "the launcher's own: /proc itself is not trusted" });
  draft.add({
    op: "open-process",
    phase: "host",
    proc: "proc",
    pid,
    startTime,
    inode,
    out: "target",
    why: "the container's init, and no other process",
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
  const places = options.cgroups ?? [];
  const unified = places.find(({ version }) => version === 2);
  const v1 = places.filter(({ version }) => version === 1).map((place, index) => open(place, `cgroup-v1-${index}`));
  return { v1, v2: unified === undefined ? undefined : open(unified, "cgroup") };
}

function planParent(context: Context, v1: readonly SlotName[]): void {
  const { draft, process } = context;
  for (const cgroup of v1) draft.add({ op: "join-cgroup", phase: "parent", cgroup, process: "init" });
  draft.add({ op: "release", phase: "parent" });
  draft.add({
    op: "adopt",
    phase: "parent",
    process: "init",
    out: "process",
    why: "the process that init made in the container",
  });
  planOomScore(context, "process", process.oomScoreAdj);
  draft.add({ op: "sync", phase: "parent", number: 1 });
}

function planArrival(
  { config, draft }: Context,
  namespaces: Namespaces,
  noTerminal: boolean,
  options: JoinOptions,
): void {
  const types = [...namespaces.made.keys(), ...namespaces.joined.map(({ type }) => type)];
  const flags = types.reduce((sum, type) => sum | cloneFlags[type], 0);
  if (flags !== 0)
    draft.add({
      op: "join-namespaces",
      phase: "inside",
      ns: "target",
      types: flags,
      why: "all of the container's, in one step",
    });
  draft.add({ op: "close", phase: "inside", slot: "target" });
  draft.add({ op: "fork", phase: "inside", namespaces: 0, why: "a pid namespace holds children only" });
  draft.add({ op: "sync", phase: "inside", number: 1 });
  if (namespaces.has("user")) {
    const uid = setupId(config.linux?.uidMappings ?? []);
    const gid = setupId(config.linux?.gidMappings ?? []);
    draft.add({ op: "become", phase: "inside", uid, gid });
  }
  draft.add({ op: "set-dumpable", phase: "inside", value: 0, why: "the container's processes may not look into init" });
  if (noTerminal) draft.add({ op: "new-session", phase: "inside" });
  if (options.noNewKeyring !== true) draft.add({ op: "new-keyring", phase: "inside" });
}

/** The terminal is one of the container's own devpts, which the helper checks to be one. */
function planJoinedTerminal(
  context: Context,
  namespaces: Namespaces,
  options: JoinOptions,
  mode: Exclude<ReturnType<typeof readTerminal>, "none">,
  { entry }: Pick<DropPlan, "entry">,
): SlotName {
  const { config, draft } = context;
  const from = "/terminal";
  draft.add({ op: "open-root", phase: "inside", out: "container-root", from });
  draft.add({
    op: "open-dir",
    phase: "inside",
    at: "container-root",
    path: "dev/pts",
    resolve: 2,
    out: "devpts-dir",
    from,
  });
  draft.add({
    op: "clone-tree",
    phase: "inside",
    source: "devpts-dir",
    recursive: 0,
    propagation: 1,
    out: "devpts",
    from,
  });
  const user = namespaces.has("user");
  const self = {
    uid: user ? setupId(config.linux?.uidMappings ?? []) : 0,
    gid: user ? setupId(config.linux?.gidMappings ?? []) : 0,
  };
  const other = entry.uid !== self.uid || entry.gid !== self.gid;
  const owner = other ? { owner: { uid: entry.uid, gid: entry.gid } } : {};
  const console = planTerminal(context, options, mode, { devpts: "devpts", self, ...owner });
  draft.add({ op: "close", phase: "inside", slot: "devpts", from });
  draft.add({ op: "close", phase: "inside", slot: "container-root", from });
  return console;
}
