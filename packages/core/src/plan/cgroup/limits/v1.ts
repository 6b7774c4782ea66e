import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import { blockIOV1 } from "./io.ts";
import type { Limit, LimitContext } from "./limits.ts";
import { checkMemory, cpusetFields, cpusetLimits, isSet, limitsPointer, pidsLimits } from "./limits.ts";
import { hugepagesV1, hugepagesV2, networkV1, rdmaLimits, refuseUnified } from "./more.ts";

/** The files of cgroup v1 for the limits. */
export function limitsV1(context: LimitContext, resources: LinuxResources | undefined): readonly Limit[] {
  refuseUnified(context.issues, resources?.unified);
  return [
    ...memoryV1(context, resources?.memory),
    ...cpuV1(context, resources?.cpu),
    ...cpusetV1(context, resources?.cpu),
    ...pidsLimits(context, resources),
    ...blockIOV1(context.issues, resources?.blockIO),
    ...(inUnified(context, "hugetlb") ? [] : hugepagesV1(resources?.hugepageLimits)),
    ...networkV1(resources?.network),
    ...(inUnified(context, "rdma") ? [] : rdmaLimits(resources?.rdma)),
  ];
}

/** What a hybrid host has in the unified hierarchy. */
export function limitsHybrid(context: LimitContext, resources: LinuxResources | undefined): readonly Limit[] {
  return [
    ...(inUnified(context, "hugetlb") ? hugepagesV2(resources?.hugepageLimits) : []),
    ...(inUnified(context, "rdma") ? rdmaLimits(resources?.rdma) : []),
  ];
}

function inUnified({ facts }: LimitContext, controller: string): boolean {
  return facts.cgroup.v1Roots[controller] === undefined && facts.cgroup.controllers.includes(controller);
}

function memoryV1({ issues, current }: LimitContext, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${limitsPointer}/memory`;
  checkMemory(issues, memory);
  if ((memory.kernel ?? 0n) > 0n)
    issues.warn(`${pointer}/kernel`, "the kernel has given this limit up (5.16): ignored");
  if ((memory.swappiness ?? 0n) > 100n)
    issues.invalid(`${pointer}/swappiness`, `must be at most 100, got ${memory.swappiness}`);
  const { limit = 0n, swap = 0n } = memory;
  if (limit > 0n && swap > 0n && swap < limit)
    issues.invalid(`${pointer}/swap`, `${swap} is under the memory limit, ${limit}, which it includes`);
  const write = (file: string, value: bigint | undefined, name: string): readonly Limit[] =>
    value === undefined
      ? []
      : [{ controller: "memory", file, value: String(value < 0n ? -1n : value), from: `${pointer}/${name}` }];
  const bytes = (file: string, value: bigint | undefined, name: string): readonly Limit[] =>
    write(file, isSet(value) ? value : undefined, name);
  const swapFile = "memory.memsw.limit_in_bytes";
  // No limit of memory is none of memory and swap, as in runc; a kernel may count no swap.
  const free = limit < 0n && swap === 0n ? write(swapFile, -1n, "limit") : bytes(swapFile, memory.swap, "swap");
  const swapLimits = free.map((one) => (limit < 0n && swap === 0n ? { ...one, absentOk: true as const } : one));
  const memoryLimits = bytes("memory.limit_in_bytes", memory.limit, "limit");
  return [
    ...write("memory.use_hierarchy", memory.useHierarchy === true ? 1n : undefined, "useHierarchy"),
    ...(current?.swapFirst || (current !== undefined && limit < 0n)
      ? [...swapLimits, ...memoryLimits]
      : [...memoryLimits, ...swapLimits]),
    ...bytes("memory.soft_limit_in_bytes", memory.reservation, "reservation"),
    ...bytes("memory.kmem.tcp.limit_in_bytes", memory.kernelTCP, "kernelTCP"),
    ...write("memory.swappiness", memory.swappiness, "swappiness"),
    ...write("memory.oom_control", memory.disableOOMKiller === true ? 1n : undefined, "disableOOMKiller"),
  ];
}

function cpuV1({ current }: LimitContext, cpu: LinuxCpu | undefined): readonly Limit[] {
  const write = (file: string, value: bigint | undefined, name: string): readonly Limit[] =>
    value === undefined
      ? []
      : [{ controller: "cpu", file, value: String(value), from: `${limitsPointer}/cpu/${name}` }];
  const field = (file: string, value: bigint | undefined, name: string): readonly Limit[] =>
    write(file, isSet(value) ? value : undefined, name);
  const absentOk = (limit: Limit): Limit => ({ ...limit, absentOk: true });
  // Each value is checked against the other ones that the group has: nothing bounds while they change.
  const change = current !== undefined;
  const period = field("cpu.rt_period_us", cpu?.realtimePeriod, "realtimePeriod");
  const runtime = field("cpu.rt_runtime_us", cpu?.realtimeRuntime, "realtimeRuntime");
  return [
    ...(isSet(cpu?.idle)
      ? field("cpu.idle", cpu.idle, "idle")
      : write("cpu.idle", change ? cpu?.idle : undefined, "idle").map(absentOk)),
    ...(isSet(cpu?.idle) ? [] : field("cpu.shares", cpu?.shares, "shares")),
    ...(change && isSet(cpu?.quota) ? write("cpu.cfs_burst_us", 0n, "quota").map(absentOk) : []),
    ...(change && isSet(cpu?.quota) && isSet(cpu.period) ? write("cpu.cfs_quota_us", -1n, "quota") : []),
    ...field("cpu.cfs_period_us", cpu?.period, "period"),
    ...field("cpu.cfs_quota_us", cpu?.quota, "quota"),
    ...(change ? write("cpu.cfs_burst_us", cpu?.burst, "burst") : field("cpu.cfs_burst_us", cpu?.burst, "burst")),
    ...(current?.runtimeFirst ? [...runtime, ...period] : [...period, ...runtime]),
  ];
}

/** A new version 1 cpuset is empty, and takes no process until it has both. */
function cpusetV1({ facts, issues, current }: LimitContext, cpu: LinuxCpu | undefined): readonly Limit[] {
  const asked = cpusetLimits(issues, cpu);
  const [first] = asked;
  if (first === undefined || current !== undefined) return asked;
  const root = facts.cgroup.cpuset;
  return cpusetFields.map((name) => {
    const own = asked.find(({ file }) => file === `cpuset.${name}`);
    if (own !== undefined) return own;
    if (root === undefined) issues.unsupported(first.from, `what cpuset.${name} the host has is not known`);
    return { controller: "cpuset", file: `cpuset.${name}`, value: root?.[name] ?? "0", from: first.from };
  });
}
