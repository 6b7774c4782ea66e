// The limits of a sandbox: by a cgroup where the caller can have one, else by limits of the processes.
import type { Config } from "@coffer/spec";
import { defaultSizes } from "../../defaults/sandbox/mounts.ts";
import { CofferError } from "../../errors.ts";
import type { CgroupFacts, HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import type { CgroupManager } from "../../plan/index.ts";
import { signalNumbers } from "../../system/signals.ts";
import type { Exit } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";
import type { SandboxView } from "./files.ts";

/** What a sandbox may use. */
export interface SandboxLimits {
  /** Bytes. */
  readonly memory?: number | bigint | undefined;
  /** Processes and threads. */
  readonly pids?: number | undefined;
  /** Processors, such as 0.5. */
  readonly cpus?: number | undefined;
  /** Bytes of each file, and of each file system in memory. */
  readonly disk?: number | bigint | undefined;
  /** Core dumps are written as far as the caller's own limit goes: one has all that its program knew, and stays in the tree. */
  readonly coreDumps?: boolean | undefined;
}

/** How limits are held. */
export interface HeldLimits {
  readonly manager: CgroupManager;
  readonly resources?: NonNullable<Config["linux"]>["resources"];
  readonly rlimits?: NonNullable<Config["process"]>["rlimits"];
}

const cpuPeriod = 100_000;

/** Each limit's controller, in both versions of cgroups. No controller counts what is written to a file system. */
const controllers: Readonly<Record<"memory" | "pids" | "cpus", string>> = {
  memory: "memory",
  pids: "pids",
  cpus: "cpu",
};

const namesOf = (limits: SandboxLimits): readonly string[] =>
  (["memory", "pids", "cpus"] as const).filter((name) => limits[name] !== undefined).map((name) => controllers[name]);

function hasAll(cgroup: CgroupFacts, names: readonly string[]): boolean {
  const found = cgroup.mode === "v2" ? cgroup.controllers : Object.keys(cgroup.v1Roots);
  return cgroup.mode !== "none" && cgroup.writable && names.every((name) => found.includes(name));
}

/** A systemd that makes a scope for the caller, with the controllers. */
function hasScope({ systemd, cgroup }: HostFacts, names: readonly string[]): boolean {
  return cgroup.mode === "v2" && systemd !== undefined && names.every((name) => systemd.controllers.includes(name));
}

function toResources({ memory, pids, cpus }: SandboxLimits): NonNullable<HeldLimits["resources"]> {
  return {
    ...(memory === undefined ? {} : { memory: { limit: BigInt(memory) } }),
    ...(pids === undefined ? {} : { pids: { limit: BigInt(pids) } }),
    ...(cpus === undefined ? {} : { cpu: { period: BigInt(cpuPeriod), quota: BigInt(Math.round(cpus * cpuPeriod)) } }),
  };
}

/** setrlimit(2): data segments and private mappings of each process; processes of the user in this user namespace. */
function toRlimits({ memory, pids }: SandboxLimits): NonNullable<HeldLimits["rlimits"]> {
  return [
    ...(memory === undefined ? [] : [{ type: "RLIMIT_DATA", soft: BigInt(memory), hard: BigInt(memory) }]),
    ...(pids === undefined ? [] : [{ type: "RLIMIT_NPROC", soft: BigInt(pids), hard: BigInt(pids) }]),
  ];
}

/** What limits of processes do not hold. */
const weaker: Readonly<Record<"memory" | "pids" | "disk", string>> = {
  memory: "--memory holds for each process by itself, and not for shared memory and files in memory",
  pids: "--pids holds as long as the sandbox makes no further user namespace",
  disk: "--disk holds for each file by itself, and many files may have more; with --overlay it holds for all of the tree",
};

/** Whether files of the host's disks can be written: no quota holds for a sandbox alone. */
const writesToDisks = ({ rules }: Pick<SandboxView, "rules">): boolean =>
  rules.some(({ access, source, layers }) => (access === "write" && source !== undefined) || layers !== undefined);

/** A view in which no file system in memory has more than the limit. */
export function boundSizes(view: SandboxView, { disk }: SandboxLimits = {}): SandboxView {
  if (disk === undefined) return view;
  const most = Number(disk);
  const sizes = Object.entries({ ...defaultSizes, ...view.sizes }).map(([path, size]) => [path, Math.min(size, most)]);
  const rules = view.rules.map((rule) =>
    rule.size === undefined ? rule : { ...rule, size: Math.min(rule.size, most) },
  );
  return { ...view, rules, sizes: Object.fromEntries(sizes) };
}

/** The same limits, and that of each file: setrlimit(2), RLIMIT_FSIZE. */
function andOfFiles(
  runtime: Runtime,
  { disk }: SandboxLimits,
  view: Pick<SandboxView, "rules">,
  held: HeldLimits,
): HeldLimits {
  if (disk === undefined) return held;
  if (writesToDisks(view)) tell(runtime, weaker.disk);
  const size = BigInt(disk);
  return { ...held, rlimits: [...(held.rlimits ?? []), { type: "RLIMIT_FSIZE", soft: size, hard: size }] };
}

/** Limits of a sandbox that is in no cgroup of its own, and counts as the caller's. */
export function holdByProcess(runtime: Runtime, limits: SandboxLimits, view: Pick<SandboxView, "rules">): HeldLimits {
  const { memory } = limits;
  if (memory !== undefined) tell(runtime, weaker.memory);
  const rlimits = toRlimits({ memory });
  const held: HeldLimits = { manager: "none", ...(memory === undefined ? {} : { rlimits }) };
  return andOfFiles(runtime, limits, view, held);
}

/**
 * Chooses who holds the limits of a sandbox that sees this of the host.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED for a limit that nobody can hold
 */
export function holdLimits(
  runtime: Runtime,
  limits: SandboxLimits,
  view: Pick<SandboxView, "rules">,
  makesNamespaces: boolean,
): HeldLimits {
  return andOfFiles(runtime, limits, view, holdCounted(runtime, limits, makesNamespaces));
}

/** What a cgroup can hold. */
function holdCounted(runtime: Runtime, limits: SandboxLimits, makesNamespaces: boolean): HeldLimits {
  const names = namesOf(limits);
  if (names.length === 0) return { manager: "none" };
  const { system } = runtime;
  const facts = probeHost(system, { paths: [], systemd: system.caller.uid !== 0 });
  const resources = toResources(limits);
  if (hasAll(facts.cgroup, names)) return { manager: "cgroupfs", resources };
  if (hasScope(facts, names)) return { manager: "systemd", resources };
  if (limits.cpus !== undefined) {
    const needs = "a cgroup for --cpus";
    const hint = "have cgroups delegated (systemd-run --user --scope -p Delegate=yes), or leave --cpus away";
    throw new CofferError(
      "E_HOST_UNSUPPORTED",
      `needs ${needs}: this caller can make none`,
      { needs, found: "none" },
      { hint },
    );
  }
  // In a user namespace of its own a program has another count of processes.
  for (const name of makesNamespaces ? (["memory", "pids"] as const) : (["memory"] as const))
    if (limits[name] !== undefined) tell(runtime, `no cgroup can be made here: ${weaker[name]}`);
  return { manager: "none", rlimits: toRlimits(limits) };
}

function tell({ warn }: Runtime, message: string): void {
  warn?.(new CofferError("E_USAGE", message, { argument: "limits" }));
}

const mebi = 1024 * 1024;
const bySignal = 128;

/** As much of a limit that the largest process has had suggests that the kernel ended it for that. */
const suspicious = 0.75;

const inMib = (bytes: number): string => (bytes < mebi ? `${bytes} bytes` : `${Math.round(bytes / mebi)} MiB`);

/**
 * Tells of an end by a limit. That for want of memory is a guess: the kernel ends a process with the same signal as others do, and
 * the cgroup is gone with the sandbox.
 */
export function explainEnd(runtime: Runtime, { memory, disk }: SandboxLimits, exit: Exit): void {
  if (disk !== undefined && exit.status === bySignal + signalNumbers.XFSZ)
    tell(runtime, `killed: a file would have become larger than ${inMib(Number(disk))}; raise --disk`);
  if (memory === undefined || exit.status !== bySignal + signalNumbers.KILL) return;
  const limit = Number(memory);
  const peak = Number(exit.usage?.peakKib ?? 0n) * 1024;
  if (peak < limit * suspicious) return;
  tell(
    runtime,
    `killed, most likely for want of memory: the limit is ${inMib(limit)}, and the largest process had ${inMib(peak)} with what it shares; raise --memory`,
  );
}
