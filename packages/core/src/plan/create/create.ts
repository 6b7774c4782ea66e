import type { Config } from "@coffer/spec";
import { checkProcess, ociVersionMax } from "@coffer/spec";
import { quote } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import type { Plan } from "../../wire/op.ts";
import { placeCgroups, planCgroupEnd } from "../cgroup/cgroups.ts";
import { busSlot } from "../cgroup/systemd/systemd.ts";
import { readUnitAnnotations } from "../cgroup/systemd/unit-annotations.ts";
import { confineWaiting } from "../confine/confine.ts";
import { checkHost } from "../draft/check-host.ts";
import type { Context, Issues } from "../draft/draft.ts";
import { createDraft, createIssues } from "../draft/draft.ts";
import type { CgroupManager, CgroupPlace, PlanCreateOptions } from "../draft/options.ts";
import { createRoots } from "../draft/roots.ts";
import { checkUnsupported } from "../draft/unsupported.ts";
import { checkIdmaps } from "../ids/idmap.ts";
import { needsLabelFiles, readLabels } from "../ids/labels.ts";
import { readNamespaces } from "../namespaces/namespaces.ts";
import { checkTimeOffsets } from "../namespaces/time-offsets.ts";
import { planDrop, planLaunchEnd } from "../process/drop.ts";
import { checkFilter, readDrop } from "../process/drop-read.ts";
import { checkHooks, hookState, planHooks, planStartHooks } from "../process/hooks.ts";
import type { RlimitEntry } from "../process/process.ts";
import { planStreams } from "../process/streams.ts";
import { readTerminal } from "../process/terminal.ts";
import { checkMountLabel } from "../tree/mount-label.ts";
import { readMounts } from "../tree/mount-list.ts";
import { planListener } from "../tree/sd-notify.ts";
import { closeProcfs } from "./close-procfs.ts";
import type { CreateContext } from "./context.ts";
import { planInside } from "./init-side.ts";
import { planLastFork, whenForks } from "./last-fork.ts";
import { planClone, planHost, planParentStart } from "./launcher-side.ts";
import { notifyMounts, relayNotify, sendPidfd, withNotify } from "./messages.ts";

const rlimitCore = 4;
const rlimitNofile = 7;
const manyDescriptors = 1024n;

/**
 * Plans a container: the only way from a config to a plan of kind create.
 *
 * Pure: the same config, facts and options give the same plan.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planCreate(asked: Config, facts: HostFacts, options: PlanCreateOptions): Plan {
  checkHost(facts);
  const config = withNotify(asked, options);
  const read = readCreate(config, facts, options);
  const drop = readDrop(read, options, options.gate === true);
  const context = { ...read, forks: whenForks(read, drop) };
  checkInit(context);
  const cgroups = planHost(context);
  planStreams(context, options, drop.entry);
  const process = planParentStart(context, cgroups);
  const { root, console, terminal } = planInside(context, drop.entry);
  const hooks = {
    before: () => planStartHooks(context, drop.entry.env),
    after: () => planHooks(context, "poststart"),
  };
  const state = hookState(config, options.id, options.bundle ?? "");
  const listener = planListener(context, context.roots, drop.filter, state, undefined);
  const attended = cgroups.filter !== undefined;
  const early = drop.rlimits.every(isHarmless);
  const bus = cgroups.scope === undefined ? undefined : busSlot;
  const sends = {
    pidfd: () => sendPidfd(context.draft, options, process, "standard"),
    ready: () =>
      relayNotify(context.draft, context.roots, options.notify, { phase: "parent", process, isMain: !waits(options) }),
  };
  const appear = context.forks === "last" ? planLastFork(context, console) : undefined;
  const all = {
    ...drop,
    root,
    console,
    labels: context.labels,
    hooks,
    listener,
    attended,
    early,
    sends,
    bus,
    appear,
    supervised: options.supervised,
    watched: options.watched,
    holdMs: options.holdMs,
  };
  planDrop(context, options, all);
  planLaunchEnd(context, options, all, process, terminal);
  if (waits(options)) planCgroupEnd(context, cgroups);
  planClone(context, cgroups.scope === undefined ? cgroups.v2 : undefined);
  const made = closeProcfs(context.draft.finish("create"), needsLabelFiles(context.labels));
  const plan = confineWaiting(made, facts.arch);
  checkFilter(context, plan, drop);
  context.issues.check("config");
  return context.issues.tell(plan);
}

/** Init can be the first process of a new pid namespace only. */
function checkInit({ options, namespaces, issues }: CreateContext): void {
  if (options.init === true && !namespaces.made.has("pid"))
    issues.invalid("/linux/namespaces", "an init process needs a new pid namespace: add one, or leave --init out");
}

/** Whether a limit cannot hinder init while it makes the tree: so many descriptors are never open at once. */
function isHarmless({ resource, soft }: RlimitEntry): boolean {
  return resource === rlimitCore || (resource === rlimitNofile && soft >= manyDescriptors);
}

/** The launcher sees the end of the container, and removes its cgroups then: no other plan has to run. */
function waits({ detach = false, gate = false }: PlanCreateOptions): boolean {
  return !detach && !gate;
}

/** The cgroups that `planCreate` would make: what the state directory records, and exec, kill and delete work on. */
export function cgroupPlaces(
  config: Config,
  facts: HostFacts,
  id: string,
  manager: CgroupManager = "cgroupfs",
): readonly CgroupPlace[] {
  const context = { config, facts, issues: createIssues() };
  const places = placeCgroups(context, id, manager);
  context.issues.check("config");
  return places;
}

const newestMinor = Number(ociVersionMax.split(".")[1]);

/** A newer minor version has the same fields, and may have others, which are unknown here. */
function checkVersion({ ociVersion }: Config, issues: Issues): void {
  const minor = Number(ociVersion.split(".")[1]);
  if (minor > newestMinor)
    issues.warn("/ociVersion", `${quote(ociVersion)} is newer than ${ociVersionMax}, the newest that is known`);
}

/** Reads what every plan of a container starts from. */
export function readCreate(config: Config, facts: HostFacts, options: PlanCreateOptions): Omit<CreateContext, "forks"> {
  const issues = createIssues(options.warnings);
  const draft = createDraft();
  // The spec asks for a process when the container is started, not before.
  const process = config.process ?? (options.gate === true ? checkProcess({ cwd: "/" }) : undefined);
  checkVersion(config, issues);
  if (config.root === undefined) issues.invalid("/root", "is required");
  if (process === undefined) {
    issues.invalid("/process", "is required to start a container");
    throw issues.error("config");
  }
  const context: Context = { config, process, processPointer: "/process", facts, issues, draft };
  checkUnsupported(context);
  const namespaces = readNamespaces(config, issues);
  issues.check("config");
  checkHooks(config.hooks, issues);
  checkIdmaps(context, namespaces);
  checkTimeOffsets(context, namespaces);
  checkMountLabel(context);
  return {
    ...context,
    options,
    namespaces,
    roots: createRoots(draft),
    mounts: [...readMounts(context, namespaces, options.bundle), ...notifyMounts(context, options)],
    places: placeCgroups(context, options.id, options.cgroupManager ?? "cgroupfs"),
    terminal: readTerminal(context, options),
    unitProperties: readUnitAnnotations(context, options.cgroupManager),
    labels: readLabels(context, options.noNewKeyring !== true),
    cloneIn: facts.privileged && namespaces.has("user") ? "host" : "inside",
  };
}
