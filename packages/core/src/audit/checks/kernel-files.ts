// What of procfs, sysfs and the cgroup file systems can be seen and written.

import { findOps } from "../../exposure/find.ts";
import type { Exposure } from "../../exposure/index.ts";
import type { MountView } from "../../exposure/mounts.ts";
import { isCovered, isReadonly } from "../../exposure/mounts.ts";
import { joinPath } from "../../paths.ts";
import type { Check, Checks, Hit } from "../check.ts";
import { hitIf } from "../check.ts";

/** Every file system of a type that the container gets. */
function mountsOf({ tree }: Exposure, ...types: readonly string[]): readonly MountView[] {
  return tree.mounts.filter(({ type }) => types.includes(type));
}

/** A procfs that has the kernel's own files too. */
function wholeProcs(exposure: Exposure): readonly MountView[] {
  return mountsOf(exposure, "proc").filter(({ options }) => !options.includes("subset=pid"));
}

function uncovered(
  exposure: Exposure,
  mounts: readonly MountView[],
  names: readonly string[],
  kinds: readonly ("mask" | "readonly")[],
): readonly Hit[] {
  return mounts.flatMap(({ destination, at }) => {
    const open = names
      .map((name) => joinPath(destination, name))
      .filter((path) => !isCovered(exposure.tree.covers, path, kinds));
    return hitIf(open.length > 0, at, `${open.join(", ")} ${kinds.length > 1 ? "can be written" : "can be read"}`);
  });
}

const writableNames = ["sys", "sysrq-trigger", "irq", "bus", "fs"];

function writableProc(isRoot: boolean): Check["test"] {
  return (exposure) => {
    if (exposure.isHostRoot !== isRoot) return [];
    const mounts = wholeProcs(exposure).filter((mount) => !isReadonly(mount));
    return uncovered(exposure, mounts, writableNames, ["mask", "readonly"]);
  };
}

function unmasked(names: readonly string[], applies: (exposure: Exposure) => boolean): Check["test"] {
  return (exposure) => (applies(exposure) ? uncovered(exposure, wholeProcs(exposure), names, ["mask"]) : []);
}

function writable(types: readonly string[], applies: (exposure: Exposure) => boolean): Check["test"] {
  return (exposure) =>
    applies(exposure)
      ? mountsOf(exposure, ...types)
          .filter((mount) => !isReadonly(mount))
          .map(({ type, destination, at }) => ({ at, what: `the ${type} on ${destination} can be written` }))
      : [];
}

const isRoot = ({ isHostRoot }: Exposure): boolean => isHostRoot;
const isNotRoot = ({ isHostRoot }: Exposure): boolean => !isHostRoot;
const hasOwnCgroup = ({ namespaces }: Exposure): boolean => namespaces.cgroup.whose !== "host";

/** Parameters of the container's own namespaces, by the type that has to be its own. */
const namespaced: readonly (readonly [RegExp, "ipc" | "network" | "user" | "uts"])[] = [
  [/^kernel\/(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/, "ipc"],
  [/^fs\/mqueue\//, "ipc"],
  [/^net\//, "network"],
  [/^user\//, "user"],
  [/^kernel\/(?:domainname|hostname)$/, "uts"],
];

function isOwnParameter({ namespaces }: Exposure, key: string): boolean {
  return namespaced.some(([pattern, type]) => pattern.test(key) && namespaces[type].whose !== "host");
}

export const kernelFileChecks: Checks = {
  "proc-writable": {
    severity: "critical",
    class: "B sysctl writes",
    why: "root of the host writes core_pattern or the like, which names a program that the host's root runs",
    fix: "add /proc/sys, /proc/sysrq-trigger, /proc/irq, /proc/bus and /proc/fs to /linux/readonlyPaths",
    test: writableProc(true),
  },
  "own-proc-writable": {
    severity: "low",
    class: "B sysctl writes",
    why: "the kernel keeps a user without rights from writing most of it, and nothing else does",
    fix: "add /proc/sys, /proc/sysrq-trigger, /proc/irq, /proc/bus and /proc/fs to /linux/readonlyPaths",
    test: writableProc(false),
  },
  "proc-kcore": {
    severity: "high",
    class: "C mask missing",
    why: "root of the host reads the kernel's memory there",
    fix: "add /proc/kcore to /linux/maskedPaths",
    test: unmasked(["kcore"], isRoot),
  },
  "own-proc-kcore": {
    severity: "low",
    class: "C mask missing",
    why: "only the kernel's check of a capability keeps the container from reading the kernel's memory there",
    fix: "add /proc/kcore to /linux/maskedPaths",
    test: unmasked(["kcore"], isNotRoot),
  },
  "proc-unmasked": {
    severity: "low",
    class: "C mask missing",
    why: "they tell of the host's keys, timers and devices, of which some can be changed",
    fix: "add them to /linux/maskedPaths, or mount procfs with subset=pid",
    test: unmasked(["keys", "timer_list", "acpi", "scsi"], () => true),
  },
  "proc-telling": {
    severity: "note",
    class: "C mask missing",
    why: "they tell what the host's hardware does, by which key strokes and other containers are observed",
    fix: "add them to /linux/maskedPaths, or mount procfs with subset=pid",
    test: unmasked(["asound", "interrupts", "latency_stats", "sched_debug", "timer_stats"], () => true),
  },
  "sys-unmasked": {
    severity: "low",
    class: "C mask missing",
    why: "the firmware's tables tell of the machine",
    fix: "add /sys/firmware to /linux/maskedPaths",
    test: (exposure) => uncovered(exposure, mountsOf(exposure, "sysfs"), ["firmware"], ["mask"]),
  },
  "sys-telling": {
    severity: "note",
    class: "C mask missing",
    why: "the power that the host uses tells what it computes",
    fix: "add /sys/devices/virtual/powercap to /linux/maskedPaths",
    test: (exposure) => uncovered(exposure, mountsOf(exposure, "sysfs"), ["devices/virtual/powercap"], ["mask"]),
  },
  "sys-writable": {
    severity: "high",
    class: "C read-only lost",
    why: "root of the host changes devices and the kernel there",
    fix: "add ro to the options of the mount",
    test: writable(["sysfs"], isRoot),
  },
  "own-sys-writable": {
    severity: "low",
    class: "C read-only lost",
    why: "the kernel keeps a user without rights from writing most of it, and nothing else does",
    fix: "add ro to the options of the mount",
    test: writable(["sysfs"], isNotRoot),
  },
  "cgroup-writable": {
    severity: "high",
    class: "G runc 2023-25809",
    why: "limits of the container and of others are changed, as the hierarchy is the host's",
    fix: "add a cgroup namespace to /linux/namespaces, and ro to the options of the mount",
    test: writable(["cgroup2"], (exposure) => !hasOwnCgroup(exposure)),
  },
  "own-cgroup-writable": {
    severity: "low",
    class: "G runc 2023-25809",
    why: "the container makes cgroups in its own, without a limit of their number",
    fix: "add ro to the options of the mount, or limit cgroup.max.descendants",
    test: writable(["cgroup2"], hasOwnCgroup),
  },
  "cgroup-v1-writable": {
    severity: "critical",
    class: "G release_agent 2022-0492",
    why: "root of the host names a program there that the kernel runs when a cgroup is empty",
    fix: "add ro to the options of the mount, or use cgroup v2",
    test: writable(["cgroup"], isRoot),
  },
  "own-cgroup-v1-writable": {
    severity: "medium",
    class: "G release_agent 2022-0492",
    why: "only a check that kernels before 5.17 lack keeps it from naming a program that the kernel runs",
    fix: "add ro to the options of the mount, or use cgroup v2",
    test: writable(["cgroup"], isNotRoot),
  },
  "host-parameter": {
    severity: "critical",
    class: "B sysctl writes",
    why: "it is set for the whole host",
    fix: "leave it out of /linux/sysctl, or make the namespace that it belongs to the container's own",
    test: (exposure) =>
      findOps(exposure.plan, "sysctl")
        .filter(({ op }) => !isOwnParameter(exposure, op.key))
        .map(({ op, at }) => ({ at, what: `the kernel parameter ${op.key} is written, and it is the host's` })),
  },
};
