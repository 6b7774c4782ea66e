// Rules about the process: who it is, what it may do, which calls it can make.
import type { Policy } from "@coffer/spec";
import { letThrough, servedTables } from "../exposure/filters.ts";
import { findOps, originsOf } from "../exposure/find.ts";
import type { Origin } from "../exposure/models.ts";
import { capabilityNames } from "../plan/index.ts";
import type { OpOf } from "../wire/op.ts";
import { fitsPath } from "./patterns.ts";
import type { Rule } from "./rule.ts";
import { violation, violationIf } from "./rule.ts";

type Of<K extends keyof Policy> = NonNullable<Policy[K]>;

export const userNamespace: Rule<Of<"userNamespace">> = (_value, { namespaces: { user } }) =>
  violationIf(
    user.whose === "host" || user.whose === "unknown",
    "/userNamespace",
    { ...user.at, from: "/linux/namespaces" },
    "there is no user namespace",
  );

export const hostIds: Rule<Of<"hostIds">> = ({ from, to }, { idMaps, namespaces: { user } }) => [
  ...violationIf(user.whose === "host", "/hostIds", user.at, "the ids are the host's: there is no user namespace"),
  ...violationIf(
    user.whose === "joined",
    "/hostIds",
    user.at,
    "the ids of a joined user namespace are not in the plan",
  ),
  ...idMaps.flatMap(({ kind, lines, at }) =>
    lines
      .filter(({ outside, count }) => outside < from || outside + count - 1 > to)
      .map(({ outside, count }) =>
        violation(
          "/hostIds",
          at,
          `the host's ${kind}s ${outside} to ${outside + count - 1} are not in ${from} to ${to}`,
        ),
      ),
  ),
];

export const namespaceRule: Rule<Of<"namespaces">> = ({ own = [], joined }, { namespaces }) => {
  const missing = own.flatMap((type) => {
    const { whose, path, at } = namespaces[type];
    const isFine = whose === "own" || whose === "container" || (whose === "joined" && joined?.[type] !== undefined);
    const found =
      whose === "host" ? "the host's" : whose === "unknown" ? "somebody's" : `joined from ${path ?? "a path"}`;
    return violationIf(
      !isFine,
      "/namespaces/own",
      { ...at, from: "/linux/namespaces" },
      `the ${type} namespace is ${found}`,
    );
  });
  const strange = Object.entries(namespaces).flatMap(([type, { path, at }]) => {
    const allowed = Object.entries(joined ?? {}).find(([name]) => name === type)?.[1] ?? [];
    const isFine = path === undefined || joined === undefined || allowed.some((pattern) => fitsPath(pattern, path));
    return violationIf(!isFine, "/namespaces/joined", at, `the ${type} namespace ${path ?? ""} may not be joined`);
  });
  return [...missing, ...strange];
};

export const noNewPrivileges: Rule<Of<"noNewPrivileges">> = (_value, { rights }) =>
  violationIf(
    !rights.noNewPrivileges,
    "/noNewPrivileges",
    { ...rights.capsAt, from: "/process/noNewPrivileges" },
    "no_new_privs is not set",
  );

export const capabilities: Rule<Of<"capabilities">> = ({ allowed }, { rights }) =>
  capabilityNames.flatMap((name, index) => {
    const isHeld = ((rights.capabilities >> BigInt(index)) & 1n) === 1n;
    return violationIf(
      isHeld && !allowed.includes(name),
      "/capabilities/allowed",
      rights.capsAt,
      `${name} is not allowed`,
    );
  });

export const seccomp: Rule<Of<"seccomp">> = ({ denied = [], listener }, { filters }) => {
  const rule = "/seccomp/denied";
  const at = { from: "/linux/seccomp", ...filters.at };
  if (filters.programs.length === 0) return [violation("/seccomp", at, "there is no filter")];
  const served = servedTables(filters);
  return [
    ...denied
      .filter((name) => letThrough(filters, served, { name }).length > 0)
      .map((name) => violation(rule, at, `the filter lets ${name} through`)),
    ...violationIf(listener === false && filters.notifies, "/seccomp/listener", at, "calls are handed to a listener"),
  ];
};

/** The caller's standard streams in their own places, and the container's own terminal, are passed to every process. */
function isStdio({ fd, target }: OpOf<"place-fd">, origin: Origin | undefined): boolean {
  return origin === "open-peer" || (Number(target) <= 2 && ["stdin", "stdout", "stderr"].includes(fd));
}

export const descriptors: Rule<Of<"descriptors">> = ({ passed }, { plan }) => {
  const origins = originsOf(plan);
  const found = findOps(plan, "place-fd").filter(({ op }) => !isStdio(op, origins.get(op.fd)));
  return violationIf(
    found.length > passed,
    "/descriptors/passed",
    found[0]?.at ?? {},
    `${found.length} descriptors are passed on, ${passed} may be`,
  );
};
