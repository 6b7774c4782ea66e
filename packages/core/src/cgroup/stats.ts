// What `events` tells of a container's cgroups, in runc's form: a zero is left out where runc leaves it out.
import type { CgroupPlace } from "../plan/index.ts";
import type { System } from "../system/port.ts";
import type { CgroupStats, UsageStats } from "./stats-parts.ts";
import { readStatsV1 } from "./stats-v1.ts";
import { readStatsV2 } from "./stats-v2.ts";

/** Fields that runc always prints. */
const always: ReadonlySet<string> = new Set(["limit", "failcnt", "kernel", "user", "hugetlb"]);

/** Leaves out zeros and empty parts, except those that runc prints. */
function tidy(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const kept = Object.entries(value).filter(([name, part]) => {
    if (part === undefined || part === "") return false;
    return always.has(name) || (part !== 0n && !(Array.isArray(part) && part.length === 0));
  });
  return Object.fromEntries(kept);
}

const usage = ({ limit, usage: used, max, failcnt }: UsageStats) => tidy({ limit, usage: used, max, failcnt });

/** The data of a `stats` event. */
export function toStatsData({ cpu, cpuset, memory, pids, blkio, hugetlb }: CgroupStats): object {
  const { total, percpu, percpuKernel, percpuUser, kernel, user, periods, throttledPeriods, throttledTime } = cpu;
  const counts = Object.entries(blkio).map(([name, list]) => [name, list.map((one) => tidy({ ...one }))]);
  const raw = memory.raw === undefined || Object.keys(memory.raw).length === 0 ? {} : { raw: memory.raw };
  return {
    cpu: {
      usage: tidy({ total, percpu, percpu_kernel: percpuKernel, percpu_user: percpuUser, kernel, user }),
      throttling: tidy({ periods, throttledPeriods, throttledTime }),
    },
    cpuset,
    memory: {
      ...tidy({ cache: memory.cache }),
      usage: usage(memory.usage),
      swap: usage(memory.swap),
      kernel: usage(memory.kernel),
      kernelTCP: usage(memory.kernelTCP),
      ...raw,
    },
    pids: tidy(pids),
    blkio: tidy(Object.fromEntries(counts)),
    hugetlb: Object.fromEntries(Object.entries(hugetlb).map(([size, stats]) => [size, tidy({ ...stats })])),
    intel_rdt: {},
    network_interfaces: null,
  };
}

/** Reads what the kernel has counted for a container. */
export function readStats(system: System, places: readonly CgroupPlace[]): CgroupStats {
  const v1 = places.filter(({ version }) => version === 1);
  const v2 = places.find(({ version }) => version === 2);
  return v1.length > 0 || v2 === undefined ? readStatsV1(system, v1) : readStatsV2(system, v2);
}
