import { cleanPath } from "../../paths.ts";
import type { SeccompFilter } from "../../seccomp/index.ts";
import { withListener } from "../../seccomp/index.ts";
import type { SlotName } from "../../wire/op.ts";
import { keepsGroups, keptGroupsPointer } from "../draft/annotations.ts";
import type { Context } from "../draft/draft.ts";
import type { ProcessOptions } from "../draft/options.ts";
import { groupBytes } from "../ids/ids.ts";
import type { Labels } from "../ids/labels.ts";
import { planLabels } from "../ids/labels.ts";
import { planDomain } from "../namespaces/execution-domain.ts";
import type { Listener } from "../tree/sd-notify.ts";
import type { CapabilitySets } from "./capabilities.ts";
import { deniesLookup } from "./filter.ts";
import { planPassed } from "./passed.ts";
import type { ProcessEntry, RlimitEntry } from "./process.ts";
import { countsForks } from "./process.ts";
import type { Supervision } from "./supervisor.ts";
import { isSupervised, planFence, planSupervisedFilter, planSupervisor, startSupervisor } from "./supervisor.ts";

const sigkill = 9;

/** Some of the standard streams, in order. */
export type StreamNames = readonly ("stdin" | "stdout" | "stderr")[];

const streams = ["stdin", "stdout", "stderr"] as const satisfies StreamNames;

/** What a process gets, in every kind of plan: the same steps for create and join. */
export interface DropPlan extends Supervision {
  readonly entry: ProcessEntry;
  readonly capabilities: CapabilitySets;
  readonly rlimits: readonly RlimitEntry[];
  readonly filter: SeccompFilter | undefined;
  /** Who answers what the filter hands on. */
  readonly listener?: Listener | undefined;
  readonly noNewPrivileges: boolean;
  readonly labels: Labels;
  /** What the working directory is resolved beneath. */
  readonly root: SlotName;
  /** The container's end of its terminal. */
  readonly console: SlotName | undefined;
  /** The streams that lead to the terminal. Default: all of them. */
  readonly consoleStreams?: StreamNames | undefined;
  /** Whether supplementary groups may be set. */
  readonly setGroups: boolean;
  readonly gate: boolean;
  /** The caller says when the program begins, within so many milliseconds. */
  readonly holdMs?: number | undefined;
  /** A Landlock ruleset with its rules. */
  readonly ruleset?: SlotName;
  /** The process whose namespaces the supervisor enters. Default: init. */
  readonly entered?: SlotName;
  /** The limits may be set while init still works: there is one meeting less. */
  readonly early?: boolean;
  /** The launcher works on the process while init works. It must be done before the program runs. */
  readonly attended?: boolean;
  /** A connection of the launcher that is not kept while the container runs. */
  readonly bus?: SlotName | undefined;
  /** Adds init's fork where it comes last: what the container sees has no right any more that its program has not. */
  readonly appear?: { readonly inside: () => void; readonly outside: () => void } | undefined;
  /** Adds what runs in the container right before its program, and on the host right after it has begun. */
  readonly hooks?: { readonly before: () => void; readonly after: () => void };
  /** Adds the messages about the process: first its pidfd, and once it runs that it is ready. */
  readonly sends?: { readonly pidfd: () => void; readonly ready: () => void };
}

/** Phases drop to exec of init. */
export function planDrop(context: Context, options: ProcessOptions, drop: DropPlan): void {
  const { draft, processPointer: at } = context;
  const { entry } = drop;
  const ruleset = drop.supervised === undefined ? drop.ruleset : planFence(context, drop.root, drop.supervised);
  draft.add({ op: "set-umask", phase: "drop", mask: entry.umask, from: `${at}/user/umask` });
  planDomain(context);
  planDescriptors(context, options, drop);
  planMeetings(context, drop);
  // Without no_new_privs the kernel wants CAP_SYS_ADMIN for a filter, so it goes first. One that is older than the calls
  // that init looks things up with has to come after the look-ups: those are then made before the ids are changed.
  const early = !drop.noNewPrivileges && drop.filter !== undefined && deniesLookup(context, drop.filter);
  if (early) planLookup(context, drop);
  if (!drop.noNewPrivileges) planLabels(context, drop.labels);
  if (!drop.noNewPrivileges) planFilter(context, drop, "drop");
  planIds(context, drop);
  if (!early) planDirectory(context, drop);
  planCapabilities(context, drop);
  if (!early) planProgram(context, drop);
  if (!early) planHome(context, drop);
  if (drop.noNewPrivileges) planLabels(context, drop.labels);
  if (drop.noNewPrivileges) draft.add({ op: "set-no-new-privs", phase: "drop", from: `${at}/noNewPrivileges` });
  if (ruleset !== undefined)
    draft.add({ op: "enforce-ruleset", phase: "drop", ruleset, why: "nothing is looked up after this" });
  draft.add({ op: "close", phase: "drop", slot: drop.root });
  planLimitedFork(context, drop);
  if (options.dieWithParent === true)
    draft.add({ op: "set-death-signal", phase: "drop", signal: sigkill, why: "ends with the launcher" });
  if (drop.gate) draft.meet("drop", "init stands at the gate");
  if (drop.gate) draft.add({ op: "gate", phase: "gate", socket: "gate", why: "waits for start" });
  if (drop.holdMs !== undefined) {
    draft.meet("drop", "init has only its program left");
    draft.meet("drop", "the caller lets it go on");
  }
  if (isSupervised(drop)) planSupervisedFilter(context, "exec", drop);
  if (drop.noNewPrivileges) planFilter(context, drop, "exec");
  drop.hooks?.before();
  const flags = options.init === true ? { flags: ["init"] as const } : {};
  draft.add({ op: "exec", phase: "exec", ...flags, args: entry.args, env: entry.env, from: `${at}/args` });
}

/**
 * Init's last fork. Init sets the limit of the number of processes after the fork. Init and the new process both count, so a
 * container that may have one process could have none. If the limit is to be higher, the launcher has raised it before: only
 * a process with CAP_SYS_RESOURCE may do that.
 */
function planLimitedFork({ draft }: Context, { appear, rlimits }: DropPlan): void {
  if (appear === undefined) return;
  appear.inside();
  for (const { resource, soft, hard, from } of rlimits.filter(countsForks))
    draft.add({ op: "set-own-rlimit", phase: "drop", resource, soft, hard, from });
}

function planFilter({ draft }: Context, { filter, listener }: DropPlan, phase: "drop" | "exec"): void {
  if (filter === undefined) return;
  const load = { phase, program: filter.program, from: "/linux/seccomp" } as const;
  if (listener === undefined) draft.add({ op: "load-seccomp", ...load, filterFlags: filter.flags });
  else draft.add({ op: "load-listener", ...load, filterFlags: withListener(filter.flags), ...listener });
}

function checkGroups({ config, issues, processPointer: at }: Context, { entry, setGroups }: DropPlan): void {
  if (setGroups || entry.groups.length === 0) return;
  const pointer = `${at}/user/additionalGids`;
  if (keepsGroups(config)) issues.warn(pointer, `is ignored: ${keptGroupsPointer} asks for the caller's groups`);
  else issues.invalid(pointer, "a user namespace with one group of an unprivileged caller takes no others");
}

function planIds(context: Context, drop: DropPlan): void {
  const { draft, processPointer: at } = context;
  const { entry, capabilities, setGroups } = drop;
  const keep = capabilities.bounding;
  draft.add({ op: "drop-bounding", phase: "drop", keep, from: `${at}/capabilities/bounding` });
  checkGroups(context, drop);
  draft.add({
    op: "set-ids",
    phase: "drop",
    uid: entry.uid,
    gid: entry.gid,
    setGroups: setGroups ? 1 : 0,
    ...(setGroups && entry.groups.length > 0 ? { groups: groupBytes(entry.groups) } : {}),
    from: `${at}/user`,
  });
  draft.add({ op: "set-dumpable", phase: "drop", value: 0, why: "a change of ids may have undone it" });
}

/** As the user, but still with the capabilities: whoever of the two may enter the directory is enough. */
function planDirectory({ draft, processPointer: at }: Context, { entry, root }: DropPlan): void {
  draft.add({ op: "change-dir", phase: "drop", root, path: cleanPath(entry.cwd), from: `${at}/cwd` });
}

function planCapabilities({ draft, processPointer: at }: Context, { capabilities }: DropPlan): void {
  const { effective, permitted, inheritable, ambient } = capabilities;
  draft.add({ op: "set-caps", phase: "drop", effective, permitted, inheritable, ambient, from: `${at}/capabilities` });
}

/** What may be executed is decided as the user; made early, by the kernel when it is executed. */
function planProgram({ draft, processPointer: at }: Context, { entry }: DropPlan): void {
  if (entry.candidates.length > 0)
    draft.add({ op: "find-exec", phase: "drop", candidates: entry.candidates, from: `${at}/args/0` });
}

/** As the user, without any right that the user has not: the image's passwd may be anything. */
function planHome({ draft, processPointer: at }: Context, { entry: { home, uid }, root }: DropPlan): void {
  if (home !== undefined)
    draft.add({
      op: "find-home",
      phase: "drop",
      root,
      otherwise: home,
      uid,
      from: `${at}/env`,
      why: "HOME is not given",
    });
}

function planLookup(context: Context, drop: DropPlan): void {
  planDirectory(context, drop);
  planProgram(context, drop);
  planHome(context, drop);
}

/** Gives every descriptor its final number; whatever else is open closes on exec. */
function planDescriptors(
  context: Context,
  options: ProcessOptions,
  { console, consoleStreams = streams, appear }: Pick<DropPlan, "console" | "consoleStreams" | "appear">,
): void {
  const { draft } = context;
  // The process that appears later makes the terminal its own.
  const keep = appear !== undefined;
  streams.forEach((name, target) => {
    if (console === undefined || !consoleStreams.includes(name))
      draft.add({ op: "place-fd", phase: "drop", fd: draft.input(name, "file"), target });
    else if (name === consoleStreams.at(-1) && !keep) draft.add({ op: "place-fd", phase: "drop", fd: console, target });
    else draft.add({ op: "place-fd", phase: "drop", flags: ["keep"], fd: console, target });
  });
  planPassed(context, options);
}

/**
 * The resource limits are set after the tree is made, which they could hinder, and before init changes its ids. The launcher
 * may set those of a process of its own user without CAP_SYS_RESOURCE.
 */
function planMeetings({ draft }: Context, drop: DropPlan): void {
  if (meetsFirst(drop)) draft.meet("drop", "the tree is made");
  if (meetsLast(drop)) draft.meet("drop", "the resource limits are set");
  if (!isSupervised(drop)) return;
  draft.meet("drop", "the supervisor may enter");
  draft.meet("drop", "the supervisor is there");
}

function meetsFirst({ rlimits, early = false, attended = false }: DropPlan): boolean {
  return !early && (attended || rlimits.length > 0);
}

function meetsLast({ rlimits, early = false, attended = false }: DropPlan): boolean {
  return rlimits.length > 0 || (early && attended);
}

/** The launcher reports `created`, and comes to the last meeting when the caller says so. */
function planHold({ draft }: Context, { holdMs }: DropPlan, process: SlotName): void {
  if (holdMs === undefined) return;
  draft.meet("parent");
  draft.add({ op: "report", phase: "parent", process, state: 1, why: "created" });
  draft.add({ op: "hold", phase: "parent", process, ageMs: holdMs });
  draft.meet("parent");
}

/** The launcher's end: limits, report, wait. */
export function planLaunchEnd(
  context: Context,
  options: ProcessOptions,
  drop: DropPlan,
  process: SlotName,
  terminal: SlotName | undefined,
): void {
  const { draft } = context;
  const { rlimits, gate, appear } = drop;
  const limited = appear === undefined ? process : "init";
  if (meetsFirst(drop)) draft.meet("parent");
  for (const entry of rlimits) {
    const raise = appear !== undefined && countsForks(entry) ? 1 : 0;
    draft.add({ op: "set-rlimit", phase: "parent", process: limited, ...entry, raise });
  }
  if (meetsLast(drop)) draft.meet("parent");
  if (isSupervised(drop)) {
    startSupervisor(context, drop);
    draft.meet("parent");
    planSupervisor(context, drop, drop.entered ?? limited, drop.entry);
    draft.meet("parent");
  }
  appear?.outside();
  if (gate) {
    draft.meet("parent");
    drop.sends?.pidfd();
    draft.add({ op: "report", phase: "parent", process, state: 1, why: "created" });
    return;
  }
  planHold(context, drop, process);
  draft.add({ op: "await-exec", phase: "parent", process });
  drop.hooks?.after();
  drop.sends?.pidfd();
  draft.add({ op: "report", phase: "parent", process, state: 2, why: "running" });
  drop.sends?.ready();
  if (options.detach === true) return;
  if (drop.bus !== undefined)
    draft.add({ op: "close", phase: "parent", slot: drop.bus, why: "nobody reads it while the container runs" });
  draft.add({ op: "wait", phase: "parent", process, ...(terminal === undefined ? {} : { pty: terminal }) });
}
