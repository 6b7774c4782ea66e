import type { Config } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";
import { isBeneath } from "../../paths.ts";
import type { Plan } from "../../wire/op.ts";
import type { PlannedCgroups } from "../cgroup/cgroups.ts";
import { planCgroupEnd, planCgroups, planDeviceFilter } from "../cgroup/cgroups.ts";
import { planCgroupOwner } from "../cgroup/owner.ts";
import { busSlot, planScopeStart } from "../cgroup/systemd/systemd.ts";
import { confineWaiting } from "../confine/confine.ts";
import type { CreateContext } from "../create/context.ts";
import { readCreate } from "../create/create.ts";
import { planOomScore } from "../create/launcher-side.ts";
import { checkHost } from "../draft/check-host.ts";
import type { PlanCreateOptions } from "../draft/options.ts";
import { cloneFlags, openNamespaces } from "../namespaces/namespaces.ts";
import { planHooks } from "../process/hooks.ts";
import { planConsoleSocket } from "../process/terminal.ts";
import { isLocked, lockPointer } from "../tree/locked-mounts.ts";
import type { MountEntry } from "../tree/mount-list.ts";
import { attr } from "../tree/mount-words.ts";
import { rootIsolation } from "../tree/rootfs.ts";
import type { CriuFlags } from "./request.ts";
import { criuFds, restoreRequest, yesRequest } from "./request.ts";
import { criuTimeoutMs, openCriu, passToCriu, startCriu } from "./start.ts";

/** Options of `planRestore`. Everything but `streams` comes from the config and the caller, nothing from the images. */
export interface RestoreOptions extends PlanCreateOptions, CriuFlags {
  /** CRIU's path on the host. */
  readonly criu: string;
  /** The root directory, absolute: the input `rootfs`. */
  readonly root: string;
  readonly hasWork: boolean;
  /** Mounts of the host: `mnt[key]:source`. */
  readonly external: readonly string[];
  /** What the images call the standard streams; undefined for one that is the container's own. */
  readonly streams: readonly (string | undefined)[];
  readonly lsmProfile?: string | undefined;
  readonly lsmMountContext?: string | undefined;
}

/** CRIU has network and pid namespaces as descriptors under a name (runc's), the others by path. */
const inherited: Readonly<Partial<Record<string, string>>> = { network: "extRootNetNS", pid: "extRootPidNS" };
const joinable: Readonly<Partial<Record<string, string>>> = { ipc: "ipc", uts: "uts", time: "time" };

/** The names that a dump and a restore give the namespaces that are there already. */
export const externalNamespaces = {
  network: { criu: "net", key: "extRootNetNS" },
  pid: { criu: "pid", key: "extRootPidNS" },
} as const;

/**
 * Plans a container whose processes CRIU makes from a checkpoint. Pure, as `planCreate`.
 *
 * @throws {CofferError} E_CONFIG_INVALID, E_UNSUPPORTED, E_HOST_UNSUPPORTED
 */
export function planRestore(config: Config, facts: HostFacts, options: RestoreOptions): Plan {
  checkHost(facts);
  const context = { ...readCreate(config, facts, options), forks: "never" as const };
  checkNamespaces(context);
  checkRefused(context);
  const { draft, roots } = context;
  draft.input("state", "dir");
  draft.add({ op: "open-procfs", phase: "host", out: "proc", why: "the launcher's own: /proc itself is not trusted" });
  openCriu(draft, roots, options.criu);
  planConsoleSocket(context, roots, context.terminal);
  if (context.namespaces.joined.length > 0) openNamespaces(context, context.namespaces, roots.host());
  const cgroups = planCgroups(context, roots, context.places, "state");
  if (cgroups.scope === undefined) planCgroupOwner(context, cgroups.v2);
  planMountPoints(context);
  planProcess(context, options, cgroups);
  planEnd(context, options, cgroups);
  planCriuStart(context, options, cgroups);
  context.issues.check("config");
  return context.issues.tell(confineWaiting(draft.finish("restore"), facts.arch));
}

function checkNamespaces({ namespaces, issues }: CreateContext): void {
  if (!namespaces.made.has("mount"))
    issues.unsupported("/linux/namespaces", "CRIU restores only what has a new mount namespace");
  for (const { type, pointer } of namespaces.joined)
    if (inherited[type] === undefined && joinable[type] === undefined)
      issues.unsupported(pointer, `CRIU cannot restore into a ${type} namespace that is there already`);
}

/** What is given to a process before it begins, and CRIU would not give. */
function checkRefused({ config, issues }: CreateContext): void {
  const { linux } = config;
  if (isLocked(config)) issues.unsupported(lockPointer, "CRIU makes the mounts anew, and does not lock them");
  if (linux?.intelRdt !== undefined) issues.unsupported("/linux/intelRdt", "is not carried out at a restore");
  if (Object.keys(linux?.netDevices ?? {}).length > 0)
    issues.unsupported("/linux/netDevices", "is not carried out at a restore");
}

/**
 * Mount points that are missing, as creating the container would make them; CRIU makes none. One beneath a bind is made in the
 * bind's source. What other mounts have is in the images.
 */
function planMountPoints({ draft, roots, mounts }: CreateContext): void {
  mounts.forEach(({ destination, slot, isFile, pointer: from }, index) => {
    const above = mounts
      .slice(0, index)
      .findLast((other) => other.destination !== destination && isBeneath(destination, other.destination));
    if (above !== undefined && !isWritableBind(above)) return;
    const source = `${slot}-above`;
    if (above !== undefined)
      draft.add({ op: "open-dir", phase: "host", at: roots.host(), path: above.source, resolve: 0, out: source, from });
    draft.add({
      op: "mount-point",
      phase: "host",
      at: above === undefined ? draft.input("rootfs", "dir") : source,
      path: above === undefined ? destination : destination.slice(above.destination.length),
      kind: isFile ? 1 : 0,
      mode: isFile ? 0o644 : 0o755,
      resolve: 0,
      out: `${slot}-at`,
      from,
    });
    draft.add({ op: "close", phase: "host", slot: `${slot}-at`, from });
    if (above !== undefined) draft.add({ op: "close", phase: "host", slot: source, from });
  });
}

/** A directory of the host in which a container makes mount points: not one at the root, where the bundle's root is not seen. */
function isWritableBind({ destination, source, isFile, options }: MountEntry): boolean {
  const isReadOnly = (options.own.set & attr.readonly) !== 0;
  return options.bind !== "none" && !isFile && !isReadOnly && source.startsWith("/") && destination !== "/";
}

function planCriuStart(context: CreateContext, options: RestoreOptions, cgroups: PlannedCgroups): void {
  const { draft, namespaces } = context;
  const streams = ["stdin", "stdout", "stderr"] as const;
  if (options.streams[1] !== undefined) passToCriu(draft, draft.input(streams[1], "file"), criuFds.stdout);
  if (options.streams[2] !== undefined) passToCriu(draft, draft.input(streams[2], "file"), criuFds.stderr);
  namespaces.joined.forEach(({ type }, index) => {
    passToCriu(draft, `ns-${type}`, criuFds.firstNamespace + index);
  });
  const cgroup = namespaces.made.has("cgroup") ? cloneFlags.cgroup : 0;
  startCriu(draft, {
    program: options.criu,
    hasWork: options.hasWork,
    root: draft.input("rootfs", "dir"),
    cgroup: cgroups.scope === undefined ? cgroups.v2 : undefined,
    namespaces: cloneFlags.mount | cgroup,
    propagation: rootIsolation(context),
    attrs: context.config.root?.readonly === true ? attr.readonly : 0,
  });
}

function requestOf({ namespaces }: CreateContext, options: RestoreOptions): Uint8Array {
  const fds = [0, criuFds.stdout, criuFds.stderr];
  const seen = new Set<string>();
  const streams = options.streams.flatMap((key, index) => {
    if (key === undefined || seen.has(key)) return [];
    seen.add(key);
    return [{ key, fd: fds[index] ?? 0 }];
  });
  const joined = namespaces.joined.map(({ type }, index) => ({ type, fd: criuFds.firstNamespace + index }));
  return restoreRequest({
    ...options,
    inherit: [
      ...streams,
      ...joined.flatMap(({ type, fd }) => (inherited[type] === undefined ? [] : [{ key: inherited[type], fd }])),
    ],
    join: joined.flatMap(({ type, fd }) =>
      joinable[type] === undefined ? [] : [{ type: joinable[type], path: `/proc/self/fd/${fd}` }],
    ),
  });
}

/** From the request to the moment when the processes are there and have not yet gone on. */
function planProcess(context: CreateContext, options: RestoreOptions, cgroups: PlannedCgroups): void {
  const { draft, config } = context;
  const hooks = [...(config.hooks?.prestart ?? []), ...(config.hooks?.createRuntime ?? [])];
  let request = requestOf(context, options);
  const ask = (until: string, why: string): void => {
    draft.add({ op: "ask-criu", phase: "parent", request, until, timeoutMs: criuTimeoutMs, why });
    request = yesRequest;
  };
  for (const cgroup of cgroups.v1)
    draft.add({ op: "join-cgroup", phase: "parent", cgroup, process: "criu", from: "/linux/cgroupsPath" });
  // CRIU waits for its first request; what it makes is where it is itself.
  if (cgroups.scope !== undefined) planScopeStart(context, cgroups.scope, "criu");
  planDeviceFilter(context, cgroups);
  const adopt = (): void =>
    draft.add({ op: "adopt", phase: "parent", process: "criu", out: "container", why: "the process that CRIU made" });
  if (hooks.length > 0) {
    ask("setup-namespaces", "the namespaces are there");
    adopt();
    planHooks(context, "prestart");
    planHooks(context, "createRuntime");
  }
  if (context.terminal !== "none") {
    ask("orphan-pts-master", "the terminal's other end");
    draft.add({ op: "take-slot", phase: "parent", out: "terminal", from: "/process/terminal" });
  }
  ask("post-restore", "the processes are there, and wait");
  if (hooks.length === 0) adopt();
  if (config.root?.readonly === true)
    draft.add({
      op: "expect-root",
      phase: "parent",
      proc: "proc",
      process: "container",
      require: attr.readonly,
      from: "/root/readonly",
    });
  draft.add({ op: "record-process", phase: "parent", state: "state", proc: "proc", process: "container" });
  planOomScore(context, "container");
}

/** Lets the processes go on, and sees to their end. */
function planEnd(context: CreateContext, options: RestoreOptions, cgroups: PlannedCgroups): void {
  const { draft, terminal } = context;
  const from = "/process/terminal";
  if (typeof terminal !== "string")
    draft.add({ op: "send-fd", phase: "parent", socket: "console-socket", fd: "terminal", name: "/dev/ptmx", from });
  const why = "the processes go on";
  draft.add({ op: "ask-criu", phase: "parent", request: yesRequest, timeoutMs: criuTimeoutMs, why });
  if (cgroups.scope !== undefined) draft.add({ op: "close", phase: "parent", slot: busSlot });
  draft.add({ op: "report", phase: "parent", process: "container", state: 2, why: "running" });
  if (options.detach === true) return;
  const pty = terminal === "foreground" ? { pty: "terminal" } : {};
  draft.add({ op: "wait", phase: "parent", process: "container", ...pty });
  planCgroupEnd(context, cgroups);
}
