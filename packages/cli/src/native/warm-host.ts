// A machine in memory, like the usual one: what the verbs read of it while the image is made.
import type { MemorySystem } from "@coffer/core/native";
import { makeMemorySystem } from "@coffer/core/native";

const status = `Name:\tcoffer
State:\tR (running)
Tgid:\t1
Pid:\t1
PPid:\t0
Uid:\t0\t0\t0\t0
Gid:\t0\t0\t0\t0
Groups:\t0 \nCapInh:\t0000000000000000
CapPrm:\t000001ffffffffff
CapEff:\t000001ffffffffff
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t0
Seccomp:\t0
`;

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
24 22 0:23 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
25 24 0:24 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:8 - cgroup2 cgroup2 rw,nsdelegate
`;

const bootId = "00000000-0000-4000-8000-000000000000";

/** `process` of a container as the launcher leaves it, and what /proc says of that. */
export const processRecord = `7 99 5 ${bootId}\n`;
const stat = `7 (sh) S 1 7 7 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 99 1000 100 18446744073709551615 1 1 0 0 0 0 0 0 0\n`;

const files: Readonly<Record<string, string>> = {
  "/proc/self/status": status,
  "/proc/self/mountinfo": mountinfo,
  "/proc/self/cgroup": "0::/\n",
  "/proc/self/uid_map": "         0          0 4294967295\n",
  "/proc/self/gid_map": "         0          0 4294967295\n",
  "/proc/7/stat": stat,
  "/proc/1/stat": stat,
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
  "/etc/group": "root:x:0:\n",
  "/etc/hostname": "warm\n",
  "/etc/resolv.conf": "nameserver 127.0.0.1\n",
  "/proc/sys/kernel/random/boot_id": `${bootId}\n`,
  "/proc/sys/kernel/cap_last_cap": "40\n",
  "/proc/filesystems":
    "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\tdevpts\nnodev\tmqueue\n\text4\n",
  "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
  "/sys/fs/cgroup/cgroup.subtree_control": "cpuset cpu io memory hugetlb pids\n",
  "/sys/kernel/security/lsm": "capability,landlock\n",
};

/** Makes the machine. Every launch on it succeeds. */
export function makeWarmHost(): MemorySystem {
  const system = makeMemorySystem(0);
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  for (const path of ["/run/coffer", "/bundle/rootfs", "/other/rootfs"]) system.put(path);
  const report = {
    phase: "host",
    errno: 0,
    code: "none",
    pid: 7,
    status: { kind: "exited", code: 0 },
    startTime: 99n,
    inode: 5n,
    detail: 0n,
    nanoseconds: 0n,
  } as const;
  const states = ["locked", "created", "running", "exited", "done"] as const;
  system.onLaunch = () => [
    ...states.map((state) => ({ kind: "report", report: { ...report, state } }) as const),
    { kind: "exit", status: 0, signal: undefined, trace: new Uint8Array(0) },
  ];
  return system;
}
