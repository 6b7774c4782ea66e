// Labels of security modules: whether a process has one, and whether it confines.
import type { Exposure } from "../../exposure/index.ts";
import type { LabelView } from "../../exposure/rights.ts";
import type { Check, Checks, Hit } from "../check.ts";

const pointers = { apparmor: "/process/apparmorProfile", selinux: "/process/selinuxLabel" } as const;
const names = { apparmor: "AppArmor", selinux: "SELinux" } as const;

/** Types that the usual policies let do anything: of logins, of services, and of the programs that make containers. */
const unconfinedTypes: ReadonlySet<string> = new Set([
  "container_runtime_t",
  "init_t",
  "initrc_t",
  "kernel_t",
  "spc_t",
  "sysadm_t",
  "unconfined_service_t",
  "unconfined_t",
]);

/** File systems whose files the policy labels, whatever a mount says. */
const labelledByPolicy: ReadonlySet<string> = new Set(["proc", "sysfs", "cgroup", "cgroup2", "mqueue"]);

/** Stacked profiles confine when one of them does; `:namespace:` may stand before each. */
function isUnconfinedProfile(value: string): boolean {
  return value.split("//&").every((profile) => profile.replace(/^:[^:]*:(?:\/\/)?/, "") === "unconfined");
}

function partsOf(value: string): { readonly type: string; readonly level: string | undefined } {
  const [, , type = "", ...level] = value.split(":");
  return { type, level: level.length === 0 ? undefined : level.join(":") };
}

/** A level without categories, or with all of them. */
function isSharedLevel(level: string): boolean {
  return !/:c\d/.test(level) || /:c0\.c1023$/.test(level);
}

function labelled(lsm: LabelView["lsm"], holds: (value: string) => boolean, what: string): Check["test"] {
  return ({ labels }) =>
    labels
      .filter((label) => label.lsm === lsm && holds(label.value))
      .map(({ value, at }) => ({ at, what: `${JSON.stringify(value)} ${what}` }));
}

/** A restored process has the label that its checkpoint says, which is compared with the config's. */
function unlabelled(isRoot: boolean): Check["test"] {
  return ({ kind, isHostRoot, hostLsm, labels }): readonly Hit[] => {
    if ((kind !== "create" && kind !== "join") || isHostRoot !== isRoot) return [];
    return (["apparmor", "selinux"] as const)
      .filter((lsm) => hostLsm.includes(lsm) && !labels.some((label) => label.lsm === lsm))
      .map((lsm) => ({ at: { from: pointers[lsm] }, what: `the host has ${names[lsm]}, and no label is asked of it` }));
  };
}

function unlabelledMounts({ labels, tree }: Exposure): readonly Hit[] {
  if (!labels.some(({ lsm }) => lsm === "selinux")) return [];
  return tree.mounts
    .filter(({ type }) => type !== "bind" && type !== "terminal" && !labelledByPolicy.has(type))
    .filter(({ options }) => !options.some((option) => /^(?:root|def|fs)?context=/.test(option)))
    .map(({ type, destination, at }) => ({
      at,
      what: `the ${type} on ${destination} has no label of the container's`,
    }));
}

const noLabel = {
  class: "B LXC 2015-1334, runc 2019-16884",
  why: "the process keeps the label of whoever started it, which on most hosts confines nothing",
  fix: "set /process/apparmorProfile or /process/selinuxLabel",
} as const;

export const labelChecks: Checks = {
  "apparmor-unconfined": {
    severity: "medium",
    class: "B LXC 2015-1334, runc 2019-16884",
    why: "AppArmor denies it nothing: what the other walls let through is not caught",
    fix: "name a profile that confines in /process/apparmorProfile",
    test: labelled("apparmor", isUnconfinedProfile, "is no profile that confines"),
  },
  "selinux-unconfined": {
    severity: "medium",
    class: "B LXC 2015-1334, runc 2019-16884",
    why: "SELinux denies it nothing: what the other walls let through is not caught",
    fix: "give /process/selinuxLabel a type that is made for containers, such as container_t",
    test: labelled("selinux", (value) => unconfinedTypes.has(partsOf(value).type), "has a type that confines nothing"),
  },
  unlabelled: { severity: "medium", ...noLabel, test: unlabelled(true) },
  "own-unlabelled": { severity: "note", ...noLabel, test: unlabelled(false) },
  "selinux-shared-level": {
    severity: "low",
    class: "B LXC 2015-1334, runc 2019-16884",
    why: "only categories keep containers of one type from each other's files and processes",
    fix: "end /process/selinuxLabel with two categories that no other container has, such as s0:c12,c34",
    test: labelled(
      "selinux",
      (value) => {
        const { type, level } = partsOf(value);
        return level !== undefined && !unconfinedTypes.has(type) && isSharedLevel(level);
      },
      "has no categories of its own",
    ),
  },
  "unlabelled-mounts": {
    severity: "low",
    class: "B LXC 2015-1334, runc 2019-16884",
    why: "their files have the policy's default types, which the process may not reach and others may",
    fix: "set /linux/mountLabel, with the categories of /process/selinuxLabel",
    test: unlabelledMounts,
  },
};
