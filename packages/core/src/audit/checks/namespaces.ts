// What of the host's world the container shares.
import type { LinuxNamespaceType } from "@coffer/spec";
import type { Exposure } from "../../exposure/index.ts";
import type { Check, Checks, Hit } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";
import { hasNoQueues, hasNoSockets, isLandlocked } from "./landlock.ts";

const isHosts = (exposure: Exposure, type: LinuxNamespaceType): boolean =>
  hasProcess(exposure) && exposure.namespaces[type].whose === "host";

function shared(
  type: LinuxNamespaceType,
  rest: Omit<Check, "test" | "fix">,
  isClosed: (exposure: Exposure) => boolean = () => false,
): Check {
  return {
    ...rest,
    fix: `add a ${type} namespace without a path to /linux/namespaces`,
    test: (exposure) =>
      hitIf(
        isHosts(exposure, type) && !isClosed(exposure),
        { ...exposure.namespaces[type].at, from: "/linux/namespaces" },
        `the ${type} namespace is the host's`,
      ),
  };
}

const named: readonly LinuxNamespaceType[] = ["pid", "network", "ipc", "uts", "cgroup", "time"];

function joined({ namespaces }: Exposure): readonly Hit[] {
  return named.flatMap((type) => {
    const { whose, path, at } = namespaces[type];
    return hitIf(whose === "joined", at, `the ${type} namespace ${path ?? ""} is joined`);
  });
}

/** Whether init is in the pid namespace of others while it has every right of its caller. */
function isSeen({ kind, plan: { ops }, namespaces: { pid, user } }: Exposure): boolean {
  const fork = ops.findIndex(({ op }) => op === "fork");
  const rights = ops.findIndex(({ op }) => op === "set-caps");
  return kind === "create" && pid.whose === "joined" && user.whose === "host" && fork >= 0 && fork < rights;
}

export const namespaceChecks: Checks = {
  "unknown-plan": {
    severity: "high",
    class: "H stored plans",
    why: "nothing can be said of what it gives the container, or does to the host",
    fix: "plan it anew from its bundle, or launch it only if you made it",
    test: ({ doubts }) => doubts.map(({ at, what }) => ({ at, what })),
  },
  "host-pid": shared(
    "pid",
    {
      severity: "high",
      class: "G --pid=host",
      why: "every process of the host is in sight: their arguments, environments and, with equal ids, their memory. What the first process leaves goes on after its end",
    },
    isLandlocked,
  ),
  "host-network": shared(
    "network",
    {
      severity: "high",
      class: "G abstract sockets 2020-15257",
      why: "services that listen on the loopback or on abstract sockets of the host answer the container",
    },
    hasNoSockets,
  ),
  "host-ipc": shared(
    "ipc",
    {
      severity: "medium",
      class: "G setns",
      why: "shared memory, semaphores and message queues of the host can be read and written",
    },
    hasNoQueues,
  ),
  "host-uts": shared("uts", {
    severity: "low",
    class: "G setns",
    why: "the host's name is in sight, and with CAP_SYS_ADMIN it can be changed",
  }),
  "host-cgroup": shared("cgroup", {
    severity: "low",
    class: "G runc 2023-25809",
    why: "the paths of the host's cgroups are in sight, and a mount of them begins at the host's root",
  }),
  "no-root-transition": {
    severity: "critical",
    class: "D Docker 2015-3627",
    why: "the process has the host's own tree",
    fix: "add a mount namespace without a path to /linux/namespaces",
    test: (exposure) =>
      hitIf(
        exposure.kind === "create" && exposure.tree.transition === "none" && !isLandlocked(exposure),
        { from: "/linux/namespaces" },
        "nothing changes the root",
      ),
  },
  "chroot-only": {
    severity: "high",
    class: "D Docker 2015-3627",
    why: "a root set by chroot(2) is left by any process with CAP_SYS_CHROOT or a directory from outside, and every mount of the host is there",
    fix: "add a mount namespace without a path to /linux/namespaces",
    test: ({ namespaces, tree }) =>
      hitIf(
        namespaces.mount.whose === "host" && tree.transition === "chroot",
        tree.transitionAt,
        "the root is changed by chroot, in the host's mount namespace",
      ),
  },
  "joined-mount-namespace": {
    severity: "medium",
    class: "G setns",
    why: "the root is only changed by chroot, and what else is mounted there is not in the plan",
    fix: "make a mount namespace of the container's own",
    test: ({ namespaces: { mount } }) =>
      hitIf(mount.whose === "joined", mount.at, `the mount namespace ${mount.path ?? ""} is joined`),
  },
  "seen-with-rights": {
    severity: "medium",
    class: "D runc 2016-9962",
    why: "a process in there that has CAP_SYS_PTRACE takes over init, which has the caller's rights over the host until its program runs",
    fix: "give the pod a user namespace, give none of its containers CAP_SYS_PTRACE, or use Linux 6.17 or newer and no hooks before the program",
    test: (exposure) =>
      hitIf(
        isSeen(exposure),
        exposure.namespaces.pid.at,
        `init makes the container in the pid namespace ${exposure.namespaces.pid.path ?? ""}, which others are in`,
      ),
  },
  "joined-namespace": {
    severity: "note",
    class: "G setns",
    why: "whoever else is in it meets the container there",
    fix: "make a namespace of the container's own, unless a pod is meant",
    test: joined,
  },
};
