// Who a process of the container is on the host.

import type { Exposure } from "../../exposure/index.ts";
import type { IdMap } from "../../exposure/rights.ts";
import { hasHostId } from "../../exposure/rights.ts";
import type { Checks } from "../check.ts";
import { hasProcess, hitIf } from "../check.ts";

/** Ids below belong to the host's system and people; those above are given to containers (systemd.io/UIDS-GIDS). */
const firstContainerId = 65_536;

function isShared({ namespaces }: Exposure): boolean {
  return namespaces.user.whose === "host";
}

/** Several ids of the host's own people and services; a single one can only be the caller's. */
function hasPeople({ lines }: IdMap): boolean {
  return lines.some(({ outside, count }) => count > 1 && outside < firstContainerId && outside + count > 1);
}

function isCallers({ lines }: IdMap): boolean {
  const [line, ...rest] = lines;
  return rest.length === 0 && line?.count === 1 && line.outside !== 0 && line.outside < firstContainerId;
}

export const identityChecks: Checks = {
  "host-root": {
    severity: "high",
    class: "D runc/LXC 2019-5736",
    why: "any way out of the container ends as root of the host, and files of root are its own before that",
    fix: "add a user namespace to /linux/namespaces, with mappings to ids that nobody has",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && isShared(exposure) && exposure.rights.uid === 0,
        { ...exposure.namespaces.user.at, from: "/linux/namespaces" },
        "the process is root of the host: there is no user namespace",
      ),
  },
  "host-root-mapped": {
    severity: "high",
    class: "D runc/LXC 2019-5736",
    why: "an id of the container is root of the host for every file and process that it can reach",
    fix: "map to ids that nobody has, such as a range from /etc/subuid",
    test: ({ idMaps }) =>
      idMaps
        .filter((map) => hasHostId(map, 0))
        .map(({ kind, at }) => ({ at, what: `the ${kind} map gives the host's ${kind} 0 to the container` })),
  },
  "no-user-namespace": {
    severity: "medium",
    class: "F id maps",
    why: "the process has the same rights over files and processes as the host's user of that number",
    fix: "add a user namespace to /linux/namespaces, with mappings to ids that nobody has",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && isShared(exposure) && exposure.rights.uid !== 0,
        { ...exposure.namespaces.user.at, from: "/linux/namespaces" },
        `the process is user ${exposure.rights.uid} of the host: there is no user namespace`,
      ),
  },
  "mapped-people": {
    severity: "medium",
    class: "F id maps",
    why: "a process that takes one of these ids owns what that user or service of the host owns",
    fix: "map to ids that nobody has, such as a range from /etc/subuid",
    test: ({ idMaps }) =>
      idMaps
        .filter(hasPeople)
        .map(({ kind, at }) => ({ at, what: `the ${kind} map holds a range of ids of the host's users and services` })),
  },
  "mapped-caller": {
    severity: "note",
    class: "F id maps",
    why: "a way out of the container ends as that user, and the user's files are the container's where they are bound",
    fix: "with subordinate ids, map to a range of them",
    test: ({ idMaps }) =>
      idMaps.filter(isCallers).map(({ kind, lines, at }) => ({
        at,
        what: `the container's only ${kind} is ${kind} ${lines[0]?.outside ?? 0} of the host`,
      })),
  },
  "joined-user-namespace": {
    severity: "low",
    class: "G setns",
    why: "what its ids are on the host is not in the plan, and its other processes have power over the container",
    fix: "make a user namespace of the container's own",
    test: ({ namespaces: { user } }) =>
      hitIf(user.whose === "joined", user.at, `the user namespace ${user.path ?? ""} is joined`),
  },
  "groups-kept": {
    severity: "note",
    class: "F supplementary groups 2022-36109",
    why: "the process keeps the caller's supplementary groups, and what they may read or are kept from",
    fix: "let a caller who may set groups make the container, or map groups by newgidmap(1)",
    test: (exposure) =>
      hitIf(
        hasProcess(exposure) && !exposure.rights.setsGroups,
        exposure.rights.idsAt,
        "supplementary groups are not set",
      ),
  },
};
