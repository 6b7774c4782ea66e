// What each capability is good for: in the host's user namespace, and in one of the container's own.
import type { Exposure } from "../../exposure/index.ts";
import { capabilityNames } from "../../plan/index.ts";
import type { Check, Checks, Severity } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";

type CapabilityName = (typeof capabilityNames)[number];

/** Severity without a user namespace of its own, with one, and why. */
type Power = readonly [shared: Severity, own: Severity, why: string];

const usual = "one of the fourteen that Docker gives; few programs need it";

/** Every capability; the why is that of the host's user namespace. */
const powers: Readonly<Record<CapabilityName, Power>> = {
  CAP_CHOWN: ["low", "note", usual],
  CAP_DAC_OVERRIDE: ["low", "note", usual],
  CAP_DAC_READ_SEARCH: ["critical", "low", "open_by_handle_at(2) reads any file of a file system that one mount shows"],
  CAP_FOWNER: ["low", "note", usual],
  CAP_FSETID: ["low", "note", usual],
  CAP_KILL: ["low", "note", usual],
  CAP_SETGID: ["low", "note", usual],
  CAP_SETUID: ["low", "note", usual],
  CAP_SETPCAP: ["low", "note", usual],
  CAP_LINUX_IMMUTABLE: ["low", "note", "makes files that root of the host cannot remove"],
  CAP_NET_BIND_SERVICE: ["note", "note", usual],
  CAP_NET_BROADCAST: ["low", "note", "not used by the kernel"],
  CAP_NET_ADMIN: ["medium", "medium", "opens netfilter and traffic control, where many of the kernel's flaws were"],
  CAP_NET_RAW: ["low", "low", "makes any packet on the container's networks, to spoof neighbours"],
  CAP_IPC_LOCK: ["low", "note", "locks memory without a limit"],
  CAP_IPC_OWNER: ["low", "note", "passes the permissions of shared memory"],
  CAP_SYS_MODULE: ["critical", "note", "loads code into the kernel"],
  CAP_SYS_RAWIO: ["critical", "note", "reads and writes memory, ports and disks directly"],
  CAP_SYS_CHROOT: ["low", "note", usual],
  CAP_SYS_PTRACE: ["high", "low", "reads and writes the memory of every process in sight"],
  CAP_SYS_PACCT: ["medium", "note", "writes process accounting to any file"],
  CAP_SYS_ADMIN: ["critical", "medium", "mounts, namespaces and dozens of drivers: root of the host in all but name"],
  CAP_SYS_BOOT: ["high", "note", "restarts the host, or starts another kernel"],
  CAP_SYS_NICE: ["low", "note", "takes processor time from everybody else"],
  CAP_SYS_RESOURCE: ["medium", "note", "passes resource limits and quotas"],
  CAP_SYS_TIME: ["high", "note", "sets the host's clock, on which certificates and logs rest"],
  CAP_SYS_TTY_CONFIG: ["medium", "note", "hangs up and reprograms the host's consoles"],
  CAP_MKNOD: ["low", "note", usual],
  CAP_LEASE: ["low", "note", "holds up who opens a file"],
  CAP_AUDIT_WRITE: ["low", "note", usual],
  CAP_AUDIT_CONTROL: ["medium", "note", "turns the host's audit off"],
  CAP_SETFCAP: ["low", "note", usual],
  CAP_MAC_OVERRIDE: ["high", "note", "passes mandatory access control"],
  CAP_MAC_ADMIN: ["high", "note", "changes mandatory access control for the whole host"],
  CAP_SYSLOG: ["medium", "note", "reads the kernel's log and addresses"],
  CAP_WAKE_ALARM: ["low", "note", "wakes the host from sleep"],
  CAP_BLOCK_SUSPEND: ["low", "note", "keeps the host from sleep"],
  CAP_AUDIT_READ: ["medium", "note", "reads the host's audit log"],
  CAP_PERFMON: ["high", "note", "watches the kernel and every process by performance counters"],
  CAP_BPF: ["high", "note", "loads programs into the kernel that read its memory"],
  CAP_CHECKPOINT_RESTORE: ["high", "note", "opens files of other processes through /proc/PID/map_files"],
};

function has({ rights }: Exposure, index: number): boolean {
  return ((rights.capabilities >> BigInt(index)) & 1n) === 1n;
}

/** The check's id: `cap-sys-admin`, and `own-cap-sys-admin` in a user namespace. */
function capabilityCheck(name: CapabilityName, index: number, isOwn: boolean): readonly [string, Check] {
  const [shared, own, why] = powers[name];
  const id = name.toLowerCase().replaceAll("_", "-");
  const where = isOwn ? "in a user namespace of the container's own" : "over the host";
  const check: Check = {
    severity: isOwn ? own : shared,
    class: name === "CAP_DAC_READ_SEARCH" ? "I shocker 2014" : "F runc 2016-8867",
    why: isOwn
      ? `only over what belongs to the container, but it reaches kernel code that no other process of it does (${why})`
      : why,
    fix: `take ${name} out of every set of /process/capabilities`,
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && has(exposure, index) && (exposure.namespaces.user.whose !== "host") === isOwn,
        { ...exposure.rights.capsAt },
        `the process has ${name} ${where}`,
      ),
  };
  return [isOwn ? `own-${id}` : id, check];
}

export const capabilityChecks: Checks = Object.fromEntries(
  [false, true].flatMap((isOwn) => capabilityNames.map((name, index) => capabilityCheck(name, index, isOwn))),
);
