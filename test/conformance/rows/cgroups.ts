// Limits of cgroups
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";

const v1Group: Json = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};

const v1 = (title: string, patch: Patch, ...files: readonly string[]): Row => ({
  title: `${title} (v1)`,
  mode: "v1",
  patch: { "/mounts/-": v1Group, ...patch },
  facts: files.flatMap((file) => ["+file", `/sys/fs/cgroup/${file}`]),
});

/** Limits of cgroups. */
export const cgroupRows: readonly Row[] = [
  v1("a memory limit", { "/linux/resources/memory": { limit: 67108864 } }, "memory/memory.limit_in_bytes"),
  v1("a pids limit", { "/linux/resources/pids": { limit: 50 } }, "pids/pids.max"),
  v1("cpu shares", { "/linux/resources/cpu": { shares: 512 } }, "cpu/cpu.shares"),
  v1(
    "a cpu quota",
    { "/linux/resources/cpu": { quota: 50000, period: 100000 } },
    "cpu/cpu.cfs_quota_us",
    "cpu/cpu.cfs_period_us",
  ),
  v1("cpus", { "/linux/resources/cpu": { cpus: "0", mems: "0" } }, "cpuset/cpuset.cpus"),
  v1(
    "devices",
    {
      "/linux/resources/devices": [
        { allow: false, access: "rwm" },
        { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
      ],
    },
    "devices/devices.list",
  ),
];
