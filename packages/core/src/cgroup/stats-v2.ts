import type { CgroupPlace } from "../plan/index.ts";
import { readOr } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { directoryOf, readCgroupFile, readNumber, readTable } from "./files.ts";
import type { CgroupStats, DeviceCount, UsageStats } from "./stats-parts.ts";
import { noUsage } from "./stats-parts.ts";

const unlimited = 2n ** 64n - 1n;
const microsecond = 1000n;

/** Key of `io.stat` → list of runc's and its op. */
const ioKeys: Readonly<Record<string, readonly [string, string]>> = {
  rbytes: ["ioServiceBytesRecursive", "Read"],
  wbytes: ["ioServiceBytesRecursive", "Write"],
  rios: ["ioServicedRecursive", "Read"],
  wios: ["ioServicedRecursive", "Write"],
};

/** Reads the files of cgroup v2. */
export function readStatsV2(system: System, place: CgroupPlace): CgroupStats {
  const directory = directoryOf(place);
  const cpu = readTable(system, directory, "cpu.stat");
  const time = (name: string): bigint => (cpu.get(name) ?? 0n) * microsecond;
  return {
    cpu: {
      total: time("usage_usec"),
      kernel: time("system_usec"),
      user: time("user_usec"),
      periods: cpu.get("nr_periods"),
      throttledPeriods: cpu.get("nr_throttled"),
      throttledTime: time("throttled_usec"),
    },
    cpuset: noCpuset,
    memory: readMemory(system, directory),
    pids: { current: readNumber(system, directory, "pids.current"), limit: readNumber(system, directory, "pids.max") },
    blkio: readIo(readCgroupFile(system, directory, "io.stat") ?? ""),
    hugetlb: readHugetlb(system, directory),
  };
}

/** What runc prints of a cpuset that it has not read. */
export const noCpuset = Object.fromEntries(
  [
    "cpu_exclusive",
    "mem_hardwall",
    "mem_exclusive",
    "memory_migrate",
    "memory_spread_page",
    "memory_spread_slab",
    "memory_pressure",
    "sched_load_balance",
    "sched_relax_domain_level",
  ].map((name) => [name, 0n]),
);

function readMemory(system: System, directory: string): CgroupStats["memory"] {
  const raw = Object.fromEntries(readTable(system, directory, "memory.stat"));
  const read = (name: string): UsageStats => {
    const current = readNumber(system, directory, `${name}.current`);
    if (current === undefined) return noUsage;
    const max = readNumber(system, directory, `${name}.peak`);
    return { usage: current, max, limit: readNumber(system, directory, `${name}.max`) ?? unlimited, failcnt: 0n };
  };
  const usage = read("memory");
  const swap = read("memory.swap");
  // As in version 1, the sum of both.
  const limit = swap.limit === unlimited || usage.limit === unlimited ? unlimited : swap.limit + usage.limit;
  const sum = swap === noUsage ? noUsage : { ...swap, usage: (swap.usage ?? 0n) + (usage.usage ?? 0n), limit };
  return { cache: raw.file, usage, swap: sum, kernel: noUsage, kernelTCP: noUsage, raw };
}

function readIo(text: string): CgroupStats["blkio"] {
  const lists: Record<string, DeviceCount[]> = {};
  for (const line of text.split("\n")) {
    const match = /^(\d+):(\d+) (.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) continue;
    const device = { major: BigInt(match[1]), minor: BigInt(match[2]) };
    for (const word of match[3].split(" ")) {
      const [key = "", value = ""] = word.split("=");
      const [list, op] = ioKeys[key] ?? [];
      if (list === undefined || !/^\d+$/.test(value)) continue;
      lists[list] = [...(lists[list] ?? []), { ...device, op, value: BigInt(value) }];
    }
  }
  return lists;
}

function readHugetlb(system: System, directory: string): CgroupStats["hugetlb"] {
  const sizes = listFiles(system, directory).flatMap((name) => /^hugetlb\.([^.]+)\.current$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(
    sizes.map((size) => [
      size,
      {
        usage: readNumber(system, directory, `hugetlb.${size}.current`),
        failcnt: readTable(system, directory, `hugetlb.${size}.events`).get("max") ?? 0n,
      },
    ]),
  );
}

/** The names of a cgroup's files; none when it has gone. */
export function listFiles(system: System, directory: string): readonly string[] {
  return readOr([], () => system.listDir(directory), "ENOENT", "ENODEV");
}
