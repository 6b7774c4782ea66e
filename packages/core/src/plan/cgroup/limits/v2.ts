import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import { blockIOV2 } from "./io.ts";
import type { Limit, LimitContext } from "./limits.ts";
import { checkMemory, cpusetLimits, isSet, limitsPointer, orMax, pidsLimits } from "./limits.ts";
import { hugepagesV2, rdmaLimits, refuseNetwork, unifiedLimits } from "./more.ts";

/** The files of cgroup v2 for the limits. */
export function limitsV2(context: LimitContext, resources: LinuxResources | undefined): readonly Limit[] {
  refuseNetwork(context.issues, resources?.network);
  return [
    ...memoryV2(context, resources?.memory),
    ...cpuV2(context, resources?.cpu),
    ...cpusetLimits(context.issues, resources?.cpu),
    ...pidsLimits(context, resources),
    ...blockIOV2(context.issues, resources?.blockIO),
    ...hugepagesV2(resources?.hugepageLimits),
    ...rdmaLimits(resources?.rdma),
    // Last, as what is written in the kernel's own words overrides the rest.
    ...unifiedLimits(context.issues, resources?.unified),
  ];
}

function memoryV2({ issues }: LimitContext, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${limitsPointer}/memory`;
  checkMemory(issues, memory);
  for (const name of ["kernel", "kernelTCP"] as const)
    if ((memory[name] ?? 0n) > 0n) issues.unsupported(`${pointer}/${name}`, "cgroup v2 has no such limit");
  if (memory.swappiness !== undefined) issues.unsupported(`${pointer}/swappiness`, "cgroup v2 has no swappiness");
  if (memory.disableOOMKiller === true)
    issues.unsupported(`${pointer}/disableOOMKiller`, "cgroup v2 cannot turn the OOM killer off");
  if (memory.useHierarchy === false) issues.unsupported(`${pointer}/useHierarchy`, "cgroup v2 is always hierarchical");
  const limit = (file: string, value: string, name: string): Limit => ({
    controller: "memory",
    file,
    value,
    from: `${pointer}/${name}`,
  });
  const swap = swapV2(memory, (message) => issues.invalid(`${pointer}/swap`, message));
  // A kernel that counts no swap has no file, and gives none or any amount of it.
  const uncounted = swap === "max" || swap === "0" ? ({ absentOk: true } as const) : {};
  return [
    ...(swap === undefined
      ? []
      : [{ ...limit("memory.swap.max", swap, isSet(memory.swap) ? "swap" : "limit"), ...uncounted }]),
    ...(isSet(memory.limit) ? [limit("memory.max", orMax(memory.limit), "limit")] : []),
    ...(isSet(memory.reservation) ? [limit("memory.low", orMax(memory.reservation), "reservation")] : []),
  ];
}

/** The config counts memory and swap together, cgroup v2 counts swap alone. */
function swapV2({ limit = 0n, swap = 0n }: LinuxMemory, invalid: (message: string) => void): string | undefined {
  // No limit of memory is none of both, as in runc and in version 1.
  if (swap === 0n) return limit < 0n ? "max" : undefined;
  if (swap < 0n) return "max";
  if (limit <= 0n) invalid("counts memory and swap together, so it needs /linux/resources/memory/limit");
  else if (swap < limit) invalid(`${swap} is under the memory limit, ${limit}, which it includes`);
  return String(swap < limit ? 0n : swap - limit);
}

function cpuV2({ issues, current }: LimitContext, cpu: LinuxCpu | undefined): readonly Limit[] {
  if (cpu === undefined) return [];
  const pointer = `${limitsPointer}/cpu`;
  if (isSet(cpu.realtimeRuntime)) issues.unsupported(`${pointer}/realtimeRuntime`, "cgroup v2 has no realtime limits");
  if (isSet(cpu.realtimePeriod)) issues.unsupported(`${pointer}/realtimePeriod`, "cgroup v2 has no realtime limits");
  const limit = (file: string, value: string, name: string): Limit => ({
    controller: "cpu",
    file,
    value,
    from: `${pointer}/${name}`,
  });
  const change = current !== undefined;
  const quota = isSet(cpu.quota) ? orMax(cpu.quota) : "max";
  const period = isSet(cpu.period) ? ` ${cpu.period}` : "";
  const bounded = isSet(cpu.quota) || isSet(cpu.period);
  const burst = change ? cpu.burst !== undefined : isSet(cpu.burst);
  return [
    ...(isSet(cpu.idle) ? [limit("cpu.idle", String(cpu.idle), "idle")] : []),
    ...(change && cpu.idle === 0n ? [{ ...limit("cpu.idle", "0", "idle"), absentOk: true as const }] : []),
    // A cgroup that is idle has no weight.
    ...(isSet(cpu.shares) && !isSet(cpu.idle) ? [limit("cpu.weight", weightOf(cpu.shares), "shares")] : []),
    // A burst over the quota is refused, also while both change.
    ...(change && isSet(cpu.quota) ? [{ ...limit("cpu.max.burst", "0", "quota"), absentOk: true as const }] : []),
    ...(bounded ? [limit("cpu.max", `${quota}${period}`, isSet(cpu.quota) ? "quota" : "period")] : []),
    ...(burst ? [limit("cpu.max.burst", String(cpu.burst), "burst")] : []),
  ];
}

/** Shares from 2 to 262144 to weight from 1 to 10000: the curve of runc 1.4 and crun 1.23 through (1024, 100). */
export function weightOf(shares: bigint): string {
  if (shares <= 2n) return "1";
  if (shares >= 262_144n) return "10000";
  const log = Math.log2(Number(shares));
  return String(Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)));
}
