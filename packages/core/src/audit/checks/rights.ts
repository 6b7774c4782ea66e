// How a process could gain or keep rights that the plan does not give it.
import { findOps } from "../../exposure/find.ts";
import type { Checks } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";
import { cannotType, hasNoKeys } from "./landlock.ts";

/** linux/personality.h. */
const weakPersonalities = 0x0040000 | 0x0100000 | 0x0400000;
const schedulers: Readonly<Record<number, string>> = { 1: "SCHED_FIFO", 2: "SCHED_RR", 6: "SCHED_DEADLINE" };
const policyAt = 4;
const realtimeIo = 1;
const ioClassShift = 13;

function policyOf(attr: Uint8Array): string | undefined {
  return schedulers[attr[policyAt] ?? 0];
}

export const rightsChecks: Checks = {
  "new-privileges": {
    severity: "medium",
    class: "F no_new_privs",
    why: "a set-user-id program or one with file capabilities gives rights that the process was not given",
    fix: "set /process/noNewPrivileges",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && !exposure.rights.noNewPrivileges,
        { ...exposure.rights.capsAt, from: "/process/noNewPrivileges" },
        "no_new_privs is not set",
      ),
  },
  "inheritable-capabilities": {
    severity: "low",
    class: "F runc 2022-24769",
    why: "programs with inheritable file capabilities get them from whoever starts them",
    fix: "leave /process/capabilities/inheritable empty",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && exposure.rights.inheritable !== 0n,
        exposure.rights.capsAt,
        "the inheritable set is not empty",
      ),
  },
  "shared-keyring": {
    severity: "medium",
    class: "G keyring",
    why: "keys of the caller's session, such as those of encrypted disks and Kerberos, can be used and replaced",
    fix: "leave out --no-new-keyring",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && findOps(exposure.plan, "new-keyring").length === 0 && !hasNoKeys(exposure),
        {},
        "the session keyring is the caller's",
      ),
  },
  "shared-session": {
    severity: "medium",
    class: "E LXC 2016-10124, bwrap 2017-5226",
    why: "TIOCSTI types into the terminal that the container was started from",
    fix: "plan it anew: every plan of this version has a session of its own",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && findOps(exposure.plan, "new-session").length === 0 && !cannotType(exposure),
        {},
        "the session is the caller's",
      ),
  },
  "passed-descriptors": {
    severity: "medium",
    class: "D runc 2024-21626",
    why: "a directory among them is a way out, a socket is as good as whoever answers on it",
    fix: "leave out --preserve-fds, and bind what is needed",
    test: ({ plan }) =>
      findOps(plan, "place-fd")
        .filter(({ op }) => Number(op.target) > 2)
        .map(({ op, at }) => ({ at, what: `descriptor ${op.target} of the caller is passed on` })),
  },
  "weak-personality": {
    severity: "medium",
    class: "I no policy",
    why: "without random addresses, or with memory that is executable or at address 0, flaws are easier to use",
    fix: "leave /linux/personality out",
    test: ({ plan }) =>
      findOps(plan, "set-personality")
        .filter(({ op }) => (Number(op.persona) & weakPersonalities) !== 0)
        .map(({ op, at }) => ({
          at,
          what: `the execution domain 0x${Number(op.persona).toString(16)} turns a protection off`,
        })),
  },
  "realtime-scheduling": {
    severity: "low",
    class: "I exhaustion",
    why: "a process that never sleeps keeps every other one of the host waiting",
    fix: "leave /process/scheduler out, or use SCHED_OTHER",
    test: ({ plan }) =>
      findOps(plan, "set-scheduler").flatMap(({ op, at }) => {
        const policy = policyOf(op.attr);
        return policy === undefined ? [] : [{ at, what: `the process is scheduled as ${policy}` }];
      }),
  },
  "realtime-io": {
    severity: "low",
    class: "I exhaustion",
    why: "its disk accesses come before those of everybody else",
    fix: "leave /process/ioPriority out, or use IOPRIO_CLASS_BE",
    test: ({ plan }) =>
      findOps(plan, "set-io-priority")
        .filter(({ op }) => Number(op.value) >> ioClassShift === realtimeIo)
        .map(({ at }) => ({ at, what: "the I/O priority is of the realtime class" })),
  },
  "spared-by-oom": {
    severity: "low",
    class: "I exhaustion",
    why: "when memory ends, processes of the host are killed before it",
    fix: "leave /process/oomScoreAdj out, or let it be at least 0",
    test: ({ plan }) =>
      findOps(plan, "set-oom-score")
        .filter(({ op }) => Number(op.score) < 0)
        .map(({ op, at }) => ({ at, what: `the OOM score is ${op.score}` })),
  },
};
