import { joinPath } from "../../paths.ts";
import type { Plan, SlotName } from "../../wire/op.ts";
import { removeResctrl } from "../cgroup/resctrl/resctrl.ts";
import { expectMark } from "../cgroup/steps.ts";
import { planScopeEnd } from "../cgroup/systemd/systemd.ts";
import { bindNotify, relayNotify } from "../create/messages.ts";
import type { Draft } from "../draft/draft.ts";
import { createDraft } from "../draft/draft.ts";
import type { CgroupPlace, NotifyOptions, ProcessIdentity, ResctrlPlace } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import { createRoots } from "../draft/roots.ts";
import type { LateHooks } from "../process/hooks.ts";
import { openLateHooks, planPoststop } from "../process/hooks.ts";
import { openProcess } from "./open-process.ts";

const sigkill = 9;
const endTimeoutMs = 10_000;
const cgroupTimeoutMs = 10_000;
/** How long a container may take to execute its program. */
export const startTimeoutMs = 30_000;

/** Options of `planStart`. */
export interface StartOptions {
  readonly target: ProcessIdentity;
  /** How long the container may take to execute its program. Default 30 s. */
  readonly timeoutMs?: number;
  /** The poststart hooks. */
  readonly hooks?: LateHooks | undefined;
  /** Who gets the message that the container is ready. The plan reports it as running, and goes on until then. */
  readonly notify?: NotifyOptions | undefined;
}

/** Options of `planSignal`. */
export interface SignalOptions {
  readonly target?: ProcessIdentity;
  readonly signal: number;
  /** With cgroups, every process in them gets the signal, instead of the target alone. */
  readonly cgroups?: readonly CgroupPlace[];
}

/** Options of `planDelete`. */
export interface DeleteOptions {
  /** A process that is alive, to be killed first. */
  readonly target?: ProcessIdentity;
  readonly cgroups?: readonly CgroupPlace[];
  readonly resctrl?: ResctrlPlace | undefined;
  /** The poststop hooks. */
  readonly hooks?: LateHooks | undefined;
}

/** Lets a created container go on: input slot `state`. */
export function planStart({ target, timeoutMs = startTimeoutMs, hooks, notify }: StartOptions): Plan {
  const draft = createDraft();
  const roots = createRoots(draft);
  const runHooks = openLateHooks(draft, roots, hooks);
  const process = openProcess(draft, target);
  bindNotify(draft, roots, notify);
  draft.add({
    op: "start-container",
    phase: "host",
    state: draft.input("state", "dir"),
    process,
    timeoutMs,
    why: "knocks at the gate",
  });
  runHooks();
  if (notify !== undefined) draft.add({ op: "report", phase: "host", process, state: 2, why: "running" });
  relayNotify(draft, roots, notify, { phase: "host", process, isMain: true });
  return draft.finish("host");
}

/** Sends a signal to a container's init, or to every process of its cgroups: with marks, input slot `state`. */
export function planSignal({ target, signal, cgroups = [] }: SignalOptions): Plan {
  const draft = createDraft();
  // One hierarchy has all of the processes; in version 1 the freezer's, as who is stopped has to be let go on to end.
  const place =
    cgroups.find(({ version }) => version === 2) ??
    cgroups.find(({ controllers }) => controllers.includes("freezer")) ??
    cgroups[0];
  if (place !== undefined) killCgroup(draft, createRoots(draft), place, "cgroup", signal);
  else if (target !== undefined)
    draft.add({ op: "signal", phase: "host", process: openProcess(draft, target), signal });
  return draft.finish("host");
}

/**
 * Kills what is left of a container and removes its cgroups: with marks, input slot `state`. What is gone already is
 * ignored.
 */
export function planDelete({ target, cgroups = [], resctrl, hooks }: DeleteOptions): Plan {
  const draft = createDraft();
  const roots = createRoots(draft);
  const process = target === undefined ? undefined : openProcess(draft, target);
  if (process !== undefined) draft.add({ op: "signal", phase: "host", process, signal: sigkill });
  for (const place of cgroups) if (place.unit !== undefined) planScopeEnd(draft, roots, place, place.unit, "host");
  const own = freezerFirst(cgroups.filter(({ unit }) => unit === undefined));
  own.forEach((place, index) => {
    killCgroup(draft, roots, place, `cgroup-${index}`, sigkill);
  });
  // After the others were killed: it may hang in a file system that one of them serves.
  if (process !== undefined) draft.add({ op: "await-end", phase: "host", process, timeoutMs: endTimeoutMs });
  own.forEach((place, index) => {
    const parent = `cgroup-root-${index}`;
    draft.add({
      op: "open-cgroup",
      phase: "host",
      at: roots.host(),
      path: place.mount,
      version: place.version,
      out: parent,
    });
    draft.add({
      op: "remove-cgroup",
      phase: "host",
      flags: ["absent-ok"],
      parent,
      path: place.path.slice(1),
      timeoutMs: cgroupTimeoutMs,
    });
  });
  removeResctrl(draft, roots, resctrl);
  planPoststop(draft, roots, hooks);
  return draft.finish("host");
}

/**
 * The order in which cgroups are killed. A container that may write to version 1's freezer can stop its own processes there.
 * A stopped process does not end, whichever hierarchy kills it, before the freezer lets it go on.
 */
function freezerFirst(places: readonly CgroupPlace[]): readonly CgroupPlace[] {
  const isFreezer = ({ controllers }: CgroupPlace): boolean => controllers.includes("freezer");
  return [...places.filter(isFreezer), ...places.filter((place) => !isFreezer(place))];
}

function killCgroup(draft: Draft, roots: Roots, place: CgroupPlace, out: SlotName, signal: number): void {
  const path = joinPath(place.mount, place.path);
  draft.add({
    op: "open-cgroup",
    phase: "host",
    flags: ["absent-ok"],
    at: roots.host(),
    path,
    version: place.version,
    out,
  });
  expectMark(draft, place, out);
  draft.add({ op: "kill-cgroup", phase: "host", cgroup: out, version: place.version, signal });
}
