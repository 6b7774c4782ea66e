import type { CgroupPlace } from "../plan/index.ts";
import type { System } from "../system/port.ts";
import { directoryOf, readCgroupFile, readNumber, readTable } from "./files.ts";
import type { CgroupStats, DeviceCount, UsageStats } from "./stats-parts.ts";
import { noUsage } from "./stats-parts.ts";
import { listFiles, noCpuset } from "./stats-v2.ts";

/** USER_HZ is 100 on every architecture that we have. */
const nanosecondsPerTick = 10_000_000n;

/** The list of runc's → the end of its file's name. */
const blkioFiles = {
  ioServiceBytesRecursive: "io_service_bytes_recursive",
  ioServicedRecursive: "io_serviced_recursive",
  ioQueueRecursive: "io_queued_recursive",
  ioServiceTimeRecursive: "io_service_time_recursive",
  ioWaitTimeRecursive: "io_wait_time_recursive",
  ioMergedRecursive: "io_merged_recursive",
  ioTimeRecursive: "time_recursive",
  sectorsRecursive: "sectors_recursive",
} as const;

/** Reads the files of cgroup v1, of those hierarchies that the container is in. */
export function readStatsV1(system: System, places: readonly CgroupPlace[]): CgroupStats {
  const at = (controller: string): string | undefined => {
    const place = places.find(({ controllers }) => controllers.includes(controller));
    return place === undefined ? undefined : directoryOf(place);
  };
  const [memory, pids] = [at("memory"), at("pids")];
  return {
    cpu: { ...readUsage(system, at("cpuacct")), ...readThrottling(system, at("cpu")) },
    cpuset: readCpuset(system, at("cpuset")),
    memory:
      memory === undefined
        ? { usage: noUsage, swap: noUsage, kernel: noUsage, kernelTCP: noUsage }
        : readMemory(system, memory),
    pids:
      pids === undefined
        ? {}
        : { current: readNumber(system, pids, "pids.current"), limit: readNumber(system, pids, "pids.max") },
    blkio: readBlkio(system, at("blkio")),
    hugetlb: readHugetlb(system, at("hugetlb")),
  };
}

function numbers(text: string): readonly bigint[] {
  return text
    .split(/\s+/)
    .filter((word) => /^\d+$/.test(word))
    .map(BigInt);
}

function readUsage(system: System, directory: string | undefined): CgroupStats["cpu"] {
  if (directory === undefined) return { kernel: 0n, user: 0n };
  const ticks = readTable(system, directory, "cpuacct.stat");
  const rows = (readCgroupFile(system, directory, "cpuacct.usage_all") ?? "").split("\n").map(numbers);
  const column = (index: number): readonly bigint[] => rows.flatMap((row) => row[index] ?? []);
  return {
    total: readNumber(system, directory, "cpuacct.usage"),
    user: (ticks.get("user") ?? 0n) * nanosecondsPerTick,
    kernel: (ticks.get("system") ?? 0n) * nanosecondsPerTick,
    percpu: numbers(readCgroupFile(system, directory, "cpuacct.usage_percpu") ?? ""),
    percpuUser: column(1),
    percpuKernel: column(2),
  };
}

function readThrottling(system: System, directory: string | undefined): Partial<CgroupStats["cpu"]> {
  if (directory === undefined) return {};
  const stat = readTable(system, directory, "cpu.stat");
  return {
    periods: stat.get("nr_periods"),
    throttledPeriods: stat.get("nr_throttled"),
    throttledTime: stat.get("throttled_time"),
  };
}

function readRange(text: string): readonly number[] | undefined {
  const list = text
    .trim()
    .split(",")
    .filter(Boolean)
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
  return list.length === 0 ? undefined : list;
}

function readCpuset(system: System, directory: string | undefined): CgroupStats["cpuset"] {
  if (directory === undefined) return noCpuset;
  const range = (name: string) => readRange(readCgroupFile(system, directory, `cpuset.${name}`) ?? "");
  const flags = Object.keys(noCpuset).map((name) => [name, readNumber(system, directory, `cpuset.${name}`) ?? 0n]);
  const { cpu_exclusive, ...others } = Object.fromEntries(flags);
  return { cpus: range("cpus"), cpu_exclusive, mems: range("mems"), ...others };
}

function readMemory(system: System, directory: string): CgroupStats["memory"] {
  const raw = Object.fromEntries(readTable(system, directory, "memory.stat"));
  const read = (name: string): UsageStats => {
    const usage = readNumber(system, directory, `${name}.usage_in_bytes`);
    if (usage === undefined) return noUsage;
    const number = (file: string): bigint => readNumber(system, directory, `${name}.${file}`) ?? 0n;
    return { usage, max: number("max_usage_in_bytes"), failcnt: number("failcnt"), limit: number("limit_in_bytes") };
  };
  return {
    cache: raw.cache,
    usage: read("memory"),
    swap: read("memory.memsw"),
    kernel: read("memory.kmem"),
    kernelTCP: read("memory.kmem.tcp"),
    raw,
  };
}

/** Lines `major:minor op value`, or `major:minor value`. */
function parseCounts(text: string): readonly DeviceCount[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[4] === undefined) return [];
    return [{ major: BigInt(match[1]), minor: BigInt(match[2]), op: match[3] ?? "", value: BigInt(match[4]) }];
  });
}

/** The scheduler's own counts where it has some, else those of the throttles, as in runc. */
function readBlkio(system: System, directory: string | undefined): CgroupStats["blkio"] {
  if (directory === undefined) return {};
  const first = (name: string): readonly DeviceCount[] => {
    for (const prefix of ["blkio.", "blkio.bfq.", "blkio.throttle."]) {
      const counts = parseCounts(readCgroupFile(system, directory, `${prefix}${name}`) ?? "");
      if (counts.length > 0) return counts;
    }
    return [];
  };
  return Object.fromEntries(Object.entries(blkioFiles).map(([list, file]) => [list, first(file)]));
}

function readHugetlb(system: System, directory: string | undefined): CgroupStats["hugetlb"] {
  if (directory === undefined) return {};
  const files = listFiles(system, directory);
  const sizes = files.flatMap((name) => /^hugetlb\.([^.]+)\.usage_in_bytes$/.exec(name)?.[1] ?? []);
  const read = (size: string, file: string): bigint | undefined =>
    readNumber(system, directory, `hugetlb.${size}.${file}`);
  return Object.fromEntries(
    sizes.map((size) => [
      size,
      {
        usage: read(size, "usage_in_bytes"),
        max: read(size, "max_usage_in_bytes"),
        failcnt: read(size, "failcnt") ?? 0n,
      },
    ]),
  );
}
