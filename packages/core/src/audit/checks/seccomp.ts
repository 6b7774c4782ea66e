// Which system calls a filter lets through, asked of the filter itself.

import type { Call } from "../../exposure/filters.ts";
import { askNumber, letThrough, passes, servedTables } from "../../exposure/filters.ts";
import type { Exposure } from "../../exposure/index.ts";
import { archOf } from "../../seccomp/compiler/arch.ts";
import { checkFilter } from "../../seccomp/index.ts";
import type { Check, Checks } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";
import type { Door } from "./seccomp-doors.ts";
import { doors } from "./seccomp-doors.ts";

/** A call by its arguments, where it is about them. */
function nameCall({ name, args }: Call): string {
  return args === undefined ? name : `${name}(${args.map((arg) => `0x${arg.toString(16)}`).join(", ")})`;
}

function isFiltered(exposure: Exposure): boolean {
  return hasProcess(exposure) && exposure.filters.programs.length > 0;
}

function doorCheck([severity, id, why, calls]: Door): Check {
  const names = [...new Set(calls.map(({ name }) => name))];
  return {
    severity,
    class: id,
    why,
    fix: `deny ${names.join(", ")} in /linux/seccomp, or with these arguments`,
    test: (exposure) => {
      if (!isFiltered(exposure)) return [];
      const { filters } = exposure;
      const served = servedTables(filters);
      const open = calls.filter((call) => letThrough(filters, served, call).length > 0);
      return hitIf(
        open.length > 0,
        filters.at,
        `the filter lets ${[...new Set(open.map(nameCall))].join(", ")} through`,
      );
    },
  };
}

/** Numbers that no kernel has yet, and tokens of machines that no filter serves. */
const unknownNumber = 1000;
const unknownArch = 0x12345678;
const ordinaryNumbers = [0, 1, 2, 3, 4, 5, 20, 39, 60, 63, 64];

export const seccompChecks: Checks = {
  "no-seccomp": {
    severity: "medium",
    class: "I no policy",
    why: "every system call of the kernel can be made, also those that have had many flaws and that no program needs",
    fix: "add /linux/seccomp with a default action that denies; `coffer spec` writes one",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && exposure.filters.programs.length === 0,
        { from: "/linux/seccomp" },
        "there is no seccomp filter",
      ),
  },
  "seccomp-allows-by-default": {
    severity: "medium",
    class: "I flatpak 2021-41133",
    why: "calls that later kernels bring are let through unseen",
    fix: "let /linux/seccomp/defaultAction deny, and list what is allowed",
    test: (exposure) => {
      if (!isFiltered(exposure)) return [];
      const { filters } = exposure;
      const open = servedTables(filters).filter((table) => {
        const arch = archOf(table);
        return arch !== undefined && table !== "x32" && passes(askNumber(filters, unknownNumber, arch.audit));
      });
      return hitIf(open.length > 0, filters.at, `the filter lets unknown calls through on ${open.join(", ")}`);
    },
  },
  "seccomp-any-architecture": {
    severity: "high",
    class: "I 32-bit/x32/other arch bypass",
    why: "the same number means another call on another architecture, so that every rule is passed",
    fix: "list the architectures in /linux/seccomp/architectures, and let the filter kill on any other",
    test: (exposure) =>
      hitIf(
        isFiltered(exposure) && ordinaryNumbers.some((nr) => passes(askNumber(exposure.filters, nr, unknownArch))),
        exposure.filters.at,
        "the filter does not look at the architecture",
      ),
  },
  "seccomp-unreadable": {
    severity: "high",
    class: "I no policy",
    why: "what it denies cannot be told",
    fix: "make the plan from a config: its filter is compiled from /linux/seccomp",
    test: (exposure) =>
      exposure.filters.programs.flatMap((program) => {
        const fault = checkFilter(program);
        return fault === undefined ? [] : [{ at: exposure.filters.at, what: `the filter cannot be read: ${fault}` }];
      }),
  },
  "seccomp-notify": {
    severity: "low",
    class: "I seccomp notify",
    why: "whoever answers decides, and one that lets calls continue decides on memory that can still change",
    fix: "deny the calls, or see that the listener never answers with SECCOMP_USER_NOTIF_FLAG_CONTINUE",
    test: (exposure) =>
      hitIf(exposure.filters.notifies, exposure.filters.at, "calls are handed on to a listener that answers them"),
  },
  ...Object.fromEntries(Object.entries(doors).map(([name, door]) => [`allows-${name}`, doorCheck(door)])),
};
