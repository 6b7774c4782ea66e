// The limits of a sandbox: by a cgroup where the caller can have one, else by limits of the processes.
import type { Config } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import type { CgroupFacts, HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import type { CgroupManager } from "../../plan/index.ts";
import { signalNumbers } from "../../system/signals.ts";
import type { Exit } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";

/** What a sandbox may use. */
export interface SandboxLimits {
  /** Bytes. */
  readonly memory?: number | bigint | undefined;
  /** Processes and threads. */
  readonly pids?: number | undefined;
  /** Processors, such as 0.5. */
  readonly cpus?: number | undefined;
}

/** How limits are held. */
export interface HeldLimits {
  readonly manager: CgroupManager;
  readonly resources?: NonNullable<Config["linux"]>["resources"];
  readonly rlimits?: NonNullable<Config["process"]>["rlimits"];
}

const cpuPeriod = 100_000;

/** Each limit's controller, in both versions of cgroups. */
const controllers: Readonly<Record<keyof SandboxLimits, string>> = { memory: "memory", pids: "pids", cpus: "cpu" };

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
const weaker: Readonly<Record<"memory" | "pids", string>> = {
  memory: "--memory holds for each process by itself, and not for shared memory and files in memory",
  pids: "--pids holds as long as the sandbox makes no further user namespace",
};

/** Limits of a sandbox that is in no cgroup of its own, and counts as the caller's. */
export function holdByProcess(runtime: Runtime, limits: SandboxLimits): HeldLimits {
  if (limits.memory === undefined) return { manager: "none" };
  tell(runtime, weaker.memory);
  return { manager: "none", rlimits: toRlimits({ memory: limits.memory }) };
}

/**
 * Chooses who holds the limits.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED for a limit that nobody can hold
 */
export function holdLimits(runtime: Runtime, limits: SandboxLimits): HeldLimits {
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
  for (const name of ["memory", "pids"] as const)
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

/** Tells of an end that looks like the kernel's for want of memory. It is a guess: the cgroup is gone with the sandbox. */
export function explainEnd(runtime: Runtime, { memory }: SandboxLimits, exit: Exit): void {
  if (memory === undefined || exit.status !== bySignal + signalNumbers.KILL) return;
  const limit = Number(memory);
  const peak = Number(exit.usage?.peakKib ?? 0n) * 1024;
  if (peak < limit * suspicious) return;
  const inMib = (bytes: number): string => `${Math.round(bytes / mebi)} MiB`;
  tell(
    runtime,
    `killed, most likely for want of memory: the limit is ${inMib(limit)}, and the largest process had ${inMib(peak)} with what it shares; raise --memory`,
  );
}
