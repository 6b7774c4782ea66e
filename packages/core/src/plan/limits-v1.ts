import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import type { Context } from "./draft.ts";
import type { Limit } from "./limits.ts";
import { cpusetFields, cpusetLimits, isSet, limitsPointer, pidsLimits } from "./limits.ts";

/** The files of cgroup v1 for the limits. */
export function limitsV1(context: Context, resources: LinuxResources | undefined): readonly Limit[] {
  return [
    ...memoryV1(context, resources?.memory),
    ...cpuV1(resources?.cpu),
    ...cpusetV1(context, resources?.cpu),
    ...pidsLimits(resources),
  ];
}

function memoryV1({ issues }: Context, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${limitsPointer}/memory`;
  if ((memory.kernel ?? 0n) > 0n) issues.unsupported(`${pointer}/kernel`, "the kernel has given this limit up (5.16)");
  if ((memory.swappiness ?? 0n) > 100n)
    issues.invalid(`${pointer}/swappiness`, `must be at most 100, got ${memory.swappiness}`);
  const { limit = 0n, swap = 0n } = memory;
  if (limit > 0n && swap > 0n && swap < limit)
    issues.invalid(`${pointer}/swap`, `${swap} is under the memory limit, ${limit}, which it includes`);
  const files: readonly (readonly [string, bigint | undefined, string])[] = [
    ["memory.limit_in_bytes", memory.limit, "limit"],
    ["memory.memsw.limit_in_bytes", memory.swap, "swap"],
    ["memory.soft_limit_in_bytes", memory.reservation, "reservation"],
    ["memory.kmem.tcp.limit_in_bytes", memory.kernelTCP, "kernelTCP"],
  ];
  const written = files.flatMap(([file, value, name]) =>
    isSet(value)
      ? [{ controller: "memory", file, value: String(value < 0n ? -1n : value), from: `${pointer}/${name}` }]
      : [],
  );
  const flag = (file: string, value: string, name: string): Limit => ({
    controller: "memory",
    file,
    value,
    from: `${pointer}/${name}`,
  });
  return [
    ...(memory.useHierarchy === true ? [flag("memory.use_hierarchy", "1", "useHierarchy")] : []),
    ...written,
    ...(memory.swappiness === undefined ? [] : [flag("memory.swappiness", String(memory.swappiness), "swappiness")]),
    ...(memory.disableOOMKiller === true ? [flag("memory.oom_control", "1", "disableOOMKiller")] : []),
  ];
}

function cpuV1(cpu: LinuxCpu | undefined): readonly Limit[] {
  const files: readonly (readonly [string, bigint | undefined, string])[] = [
    ["cpu.idle", cpu?.idle, "idle"],
    ["cpu.shares", cpu?.shares, "shares"],
    ["cpu.cfs_period_us", cpu?.period, "period"],
    ["cpu.cfs_quota_us", cpu?.quota, "quota"],
    ["cpu.cfs_burst_us", cpu?.burst, "burst"],
    ["cpu.rt_period_us", cpu?.realtimePeriod, "realtimePeriod"],
    ["cpu.rt_runtime_us", cpu?.realtimeRuntime, "realtimeRuntime"],
  ];
  return files.flatMap(([file, value, name]) =>
    isSet(value) ? [{ controller: "cpu", file, value: String(value), from: `${limitsPointer}/cpu/${name}` }] : [],
  );
}

/** A new version 1 cpuset is empty, and takes no process until it has both. */
function cpusetV1({ facts, issues }: Context, cpu: LinuxCpu | undefined): readonly Limit[] {
  const asked = cpusetLimits(issues, cpu);
  const [first] = asked;
  if (first === undefined) return [];
  const root = facts.cgroup.cpuset;
  return cpusetFields.map((name) => {
    const own = asked.find(({ file }) => file === `cpuset.${name}`);
    if (own !== undefined) return own;
    if (root === undefined) issues.unsupported(first.from, `what cpuset.${name} the host has is not known`);
    return { controller: "cpuset", file: `cpuset.${name}`, value: root?.[name] ?? "0", from: first.from };
  });
}
