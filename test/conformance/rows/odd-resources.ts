// Odd limits, under cgroup v1, where this kind of host has controllers
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";

const v1Group: Json = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};

const v1 = (title: string, resources: { readonly [name: string]: Json }, ...files: readonly string[]): Row => ({
  title: `limits: ${title} (v1)`,
  mode: "v1",
  patch: {
    "/mounts/-": v1Group,
    ...Object.fromEntries(Object.entries(resources).map(([name, value]) => [`/linux/resources/${name}`, value])),
  },
  facts: files.flatMap((file) => ["+file", `/sys/fs/cgroup/${file}`]),
});

const plain = (title: string, patch: Patch, ...files: readonly string[]): Row => ({
  title: `limits: ${title} (v1)`,
  mode: "v1",
  patch: { "/mounts/-": v1Group, ...patch },
  facts: files.flatMap((file) => ["+file", `/sys/fs/cgroup/${file}`]),
});

const memory = [
  "memory/memory.limit_in_bytes",
  "memory/memory.soft_limit_in_bytes",
  "memory/memory.swappiness",
  "memory/memory.oom_control",
];
const cpu = ["cpu/cpu.shares", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"];

/** Odd limits, under cgroup v1. */
export const oddResourceRows: readonly Row[] = [
  plain(
    "no resources",
    { "/linux/resources": undefined },
    "devices/devices.list",
    "memory/memory.limit_in_bytes",
    "pids/pids.max",
  ),
  plain("null for resources", { "/linux/resources": null }, "devices/devices.list"),
  plain("no device rules", { "/linux/resources/devices": undefined }, "devices/devices.list"),
  plain("empty device rules", { "/linux/resources/devices": [] }, "devices/devices.list"),
  plain("no cgroupsPath", { "/linux/cgroupsPath": undefined }, "pids/pids.max"),
  plain("a relative cgroupsPath", { "/linux/cgroupsPath": "coffer-test/$TAG" }, "pids/pids.max"),
  plain("a cgroupsPath of a slice", { "/linux/cgroupsPath": "coffer-test.slice:x:$TAG" }, "pids/pids.max"),

  v1("a memory limit of 0", { memory: { limit: 0 } }, ...memory),
  v1("a memory limit of -1", { memory: { limit: -1 } }, ...memory),
  v1("a reservation", { memory: { limit: 67108864, reservation: 33554432 } }, ...memory),
  v1("a swap limit", { memory: { limit: 67108864, swap: 134217728 } }, ...memory),
  v1("a swap limit of -1", { memory: { limit: 67108864, swap: -1 } }, ...memory),
  v1("swappiness", { memory: { swappiness: 7 } }, ...memory),
  v1("no OOM killer", { memory: { disableOOMKiller: true } }, ...memory),
  v1("a kernel limit", { memory: { kernel: 67108864 } }, ...memory),
  v1("a kernel limit of 0", { memory: { kernel: 0, kernelTCP: 0 } }, ...memory),
  v1("an odd memory limit", { memory: { limit: 67108865 } }, ...memory),

  v1("a pids limit of -1", { pids: { limit: -1 } }, "pids/pids.max"),
  v1("pids without a limit", { pids: {} }, "pids/pids.max"),
  v1("a pids limit of 1", { pids: { limit: 1 } }, "pids/pids.max"),
  v1("shares of 0", { cpu: { shares: 0 } }, ...cpu),
  v1("shares of 1", { cpu: { shares: 1 } }, ...cpu),
  v1("large shares", { cpu: { shares: 262145 } }, ...cpu),
  v1("a quota of -1", { cpu: { quota: -1 } }, ...cpu),
  v1("a quota of 0", { cpu: { quota: 0, period: 0 } }, ...cpu),
  v1("a period alone", { cpu: { period: 50000 } }, ...cpu),
  v1("a quota alone", { cpu: { quota: 5000 } }, ...cpu),
  v1("a range of cpus", { cpu: { cpus: "0-1" } }, "cpuset/cpuset.cpus"),
  v1("cpus with a new line", { cpu: { cpus: "0,1" } }, "cpuset/cpuset.cpus", "cpuset/cpuset.mems"),
  v1("an idle cpu", { cpu: { idle: 0 } }, ...cpu),
  v1("a burst", { cpu: { quota: 50000, period: 100000, burst: 10000 } }, ...cpu, "cpu/cpu.cfs_burst_us"),
  v1("a weight of blocks", { blockIO: { weight: 0 } }),
  v1("the least weight of blocks", { blockIO: { weight: 1 } }, "blkio/blkio.bfq.weight"),
  v1("network priorities of nothing", { network: {} }),
  v1("huge pages of nothing", { hugepageLimits: [] }),
  v1("unified keys of nothing", { unified: {} }),
];
