// What the machine of trace-host.mjs has.

/** Of a container's first process, and of each launcher. */
export const pid = 7;

const bootId = "00000000-0000-4000-8000-000000000000";

const lines = (...all) => all.map((line) => `${line}\n`).join("");

const capabilities = ["CapPrm", "CapEff", "CapBnd"].map((name) => `${name}:\t000001ffffffffff`);

export const files = {
  "/proc/self/status": lines(
    "Name:\tcoffer",
    "Uid:\t0\t0\t0\t0",
    "Gid:\t0\t0\t0\t0",
    "CapInh:\t0",
    ...capabilities,
    "CapAmb:\t0",
  ),
  "/proc/self/mountinfo": lines(
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "23 22 0:22 / /proc rw,nosuid,nodev,noexec - proc proc rw",
    "24 22 0:23 / /sys rw,nosuid,nodev,noexec - sysfs sysfs rw",
    "25 24 0:24 / /sys/fs/cgroup rw,nosuid,nodev,noexec - cgroup2 cgroup2 rw,nsdelegate",
  ),
  "/proc/self/cgroup": lines("0::/"),
  "/proc/sys/kernel/random/boot_id": lines(bootId),
  "/proc/sys/kernel/cap_last_cap": lines("40"),
  "/proc/filesystems": lines(
    "nodev\tsysfs",
    "nodev\ttmpfs",
    "nodev\tproc",
    "nodev\tcgroup2",
    "nodev\tdevpts",
    "\text4",
  ),
  "/proc/7/stat": lines(`${pid} (sh) S 1 7 7 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 99 1000 100 1 1 1`),
  "/sys/fs/cgroup/cgroup.controllers": lines("cpuset cpu io memory hugetlb pids"),
  "/sys/fs/cgroup/cgroup.subtree_control": lines("cpuset cpu io memory hugetlb pids"),
  "/sys/kernel/security/lsm": "capability,landlock",
  "/opt/coffer/coffer-helper-x86_64": "",
};

export const links = {
  "/proc/self": `${pid}`,
  "/proc/self/exe": "/opt/coffer/coffer",
  "/proc/self/ns/user": "user:[4026531837]",
  "/proc/self/ns/pid": "pid:[4026531836]",
  "/proc/self/ns/time": "time:[4026531834]",
};

/** The record of a container's process, which the launcher writes. */
export const processRecord = lines(`${pid} 99 5 ${bootId}`);

export const reportSize = 64;

/** What each launcher reports: created, running, exited, done (docs/formats/protocol.md). */
export function makeReports() {
  const states = [1, 2, 3, 5];
  const bytes = Buffer.alloc(reportSize * states.length);
  for (const [index, state] of states.entries()) {
    const record = bytes.subarray(index * reportSize);
    record.write("CPRT", "latin1");
    record.writeUInt16LE(1, 4);
    record[6] = state;
    record.writeUInt32LE(0xffffffff, 8);
    record.writeUInt32LE(pid, 20);
    record.writeBigUInt64LE(99n, 32);
    record.writeBigUInt64LE(5n, 40);
  }
  return bytes;
}
