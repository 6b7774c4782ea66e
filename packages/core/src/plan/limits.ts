import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import type { Context } from "./draft.ts";

/** One control file to write. */
export interface Limit {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  readonly from: string;
}

/** One field that asks for something, with its controller. */
export interface AskedLimit {
  readonly controller: string;
  readonly pointer: string;
}

const at = "/linux/resources";
const cpusetFields = ["cpus", "mems"] as const;

/** Which fields of `/linux/resources` ask for a limit. Zero and empty ask for nothing, as in runc. */
export function askedLimits(resources: LinuxResources | undefined): readonly AskedLimit[] {
  const asks = (controller: string, values: Readonly<Record<string, unknown>> | undefined, pointer: string) =>
    Object.entries(values ?? {})
      .filter(([, value]) => value !== undefined && value !== 0n && value !== false && value !== "")
      .filter(([name]) => name !== "checkBeforeUpdate" && name !== "useHierarchy")
      .map(([name]) => ({
        controller: name === "cpus" || name === "mems" ? "cpuset" : controller,
        pointer: `${pointer}/${name}`,
      }));
  return [
    ...asks("memory", resources?.memory, `${at}/memory`),
    ...asks("cpu", resources?.cpu, `${at}/cpu`),
    ...asks("pids", resources?.pids, `${at}/pids`),
  ];
}

/** Any negative limit is none. */
function orMax(value: bigint): string {
  return value < 0n ? "max" : String(value);
}

/** Zero is "not set", as in runc: engines write it for limits that nobody asked for. */
function isSet(value: bigint | undefined): value is bigint {
  return value !== undefined && value !== 0n;
}

/** The files of cgroup v2 for the limits. */
export function limitsV2(context: Context, resources: LinuxResources | undefined): readonly Limit[] {
  return [
    ...memoryV2(context, resources?.memory),
    ...cpuV2(context, resources?.cpu),
    ...cpuset(resources?.cpu),
    ...pids(resources),
  ];
}

function memoryV2({ issues }: Context, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${at}/memory`;
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
  const pointer = `${at}/cpu`;
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

function cpuset(cpu: LinuxCpu | undefined): readonly Limit[] {
  return cpusetFields.flatMap((name) => {
    const value = cpu?.[name] ?? "";
    return value === "" ? [] : [{ controller: "cpuset", file: `cpuset.${name}`, value, from: `${at}/cpu/${name}` }];
  });
}

function pids(resources: LinuxResources | undefined): readonly Limit[] {
  const limit = resources?.pids?.limit;
  if (!isSet(limit)) return [];
  return [{ controller: "pids", file: "pids.max", value: orMax(limit), from: `${at}/pids/limit` }];
}

/** The files of cgroup v1 for the limits. */
export function limitsV1(context: Context, resources: LinuxResources | undefined): readonly Limit[] {
  return [
    ...memoryV1(context, resources?.memory),
    ...cpuV1(resources?.cpu),
    ...cpusetV1(context, resources?.cpu),
    ...pids(resources),
  ];
}

function memoryV1({ issues }: Context, memory: LinuxMemory | undefined): readonly Limit[] {
  if (memory === undefined) return [];
  const pointer = `${at}/memory`;
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
    isSet(value) ? [{ controller: "cpu", file, value: String(value), from: `${at}/cpu/${name}` }] : [],
  );
}

/** A new version 1 cpuset is empty, and takes no process until it has both. */
function cpusetV1({ facts, issues }: Context, cpu: LinuxCpu | undefined): readonly Limit[] {
  const asked = cpuset(cpu);
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
