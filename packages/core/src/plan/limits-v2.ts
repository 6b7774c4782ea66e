import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import type { Context } from "./draft.ts";
import type { Limit } from "./limits.ts";
import { cpusetLimits, isSet, limitsPointer, orMax, pidsLimits } from "./limits.ts";

/** The files of cgroup v2 for the limits. */
export function limitsV2(context: Context, resources: LinuxResources | undefined): readonly Limit[] {
  return [
    ...memoryV2(context, resources?.memory),
    ...cpuV2(context, resources?.cpu),
    ...cpusetLimits(context.issues, resources?.cpu),
    ...pidsLimits(resources),
  ];
}

function memoryV2({ issues }: Context, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${limitsPointer}/memory`;
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
  return [
    ...(isSet(memory.limit) ? [limit("memory.max", orMax(memory.limit), "limit")] : []),
    ...(swap === undefined ? [] : [limit("memory.swap.max", swap, "swap")]),
    ...(isSet(memory.reservation) ? [limit("memory.low", orMax(memory.reservation), "reservation")] : []),
  ];
}

/** The config counts memory and swap together, cgroup v2 counts swap alone. */
function swapV2({ limit = 0n, swap = 0n }: LinuxMemory, invalid: (message: string) => void): string | undefined {
  if (swap === 0n) return undefined;
  if (swap < 0n) return "max";
  if (limit <= 0n) invalid("counts memory and swap together, so it needs /linux/resources/memory/limit");
  else if (swap < limit) invalid(`${swap} is under the memory limit, ${limit}, which it includes`);
  return String(swap < limit ? 0n : swap - limit);
}

function cpuV2({ issues }: Context, cpu: LinuxCpu | undefined): readonly Limit[] {
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
  const quota = isSet(cpu.quota) ? orMax(cpu.quota) : "max";
  const period = isSet(cpu.period) ? ` ${cpu.period}` : "";
  const bounded = isSet(cpu.quota) || isSet(cpu.period);
  return [
    ...(isSet(cpu.idle) ? [limit("cpu.idle", String(cpu.idle), "idle")] : []),
    // A cgroup that is idle has no weight.
    ...(isSet(cpu.shares) && !isSet(cpu.idle) ? [limit("cpu.weight", weightOf(cpu.shares), "shares")] : []),
    ...(bounded ? [limit("cpu.max", `${quota}${period}`, isSet(cpu.quota) ? "quota" : "period")] : []),
    ...(isSet(cpu.burst) ? [limit("cpu.max.burst", String(cpu.burst), "burst")] : []),
  ];
}

/** Shares from 2 to 262144 to weight from 1 to 10000, as runc and crun do. */
function weightOf(shares: bigint): string {
  const kept = shares < 2n ? 2n : shares > 262_144n ? 262_144n : shares;
  return String(1n + ((kept - 2n) * 9999n) / 262_142n);
}
