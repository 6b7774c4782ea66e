import { capabilityNames, labelAttributes, lsmIds } from "../plan/index.ts";
import type { OpOf, Plan } from "../wire/op.ts";
import type { Doubt, Place } from "./find.ts";
import { findOps } from "./find.ts";

/** What a process may do by its credentials. */
export interface Rights {
  /** Of the container. A plan without `set-ids` leaves the caller's. */
  readonly uid: number;
  readonly gid: number;
  /** Whether the caller's supplementary groups are replaced. */
  readonly setsGroups: boolean;
  readonly idsAt: Place;
  /** What it can ever have: with no_new_privs the permitted set, without it the bounding set too. */
  readonly capabilities: bigint;
  readonly inheritable: bigint;
  readonly capsAt: Place;
  readonly noNewPrivileges: boolean;
}

const all = (1n << 64n) - 1n;
const sysAdmin = 1n << BigInt(capabilityNames.indexOf("CAP_SYS_ADMIN"));

/** Reads what a plan's process may do. What a plan does not drop is kept. */
export function readRights(plan: Plan): Rights {
  const ids = findOps(plan, "set-ids").at(-1);
  const caps = findOps(plan, "set-caps").at(-1);
  const bounding = findOps(plan, "drop-bounding").at(-1);
  const noNewPrivileges = findOps(plan, "set-no-new-privs").length > 0;
  const held = caps === undefined ? all : BigInt(caps.op.permitted) | BigInt(caps.op.ambient);
  const regained = noNewPrivileges ? 0n : BigInt(bounding?.op.keep ?? all);
  return {
    uid: Number(ids?.op.uid ?? 0),
    gid: Number(ids?.op.gid ?? 0),
    setsGroups: Number(ids?.op.setGroups ?? 0) !== 0,
    idsAt: ids?.at ?? {},
    capabilities: held | regained,
    inheritable: BigInt(caps?.op.inheritable ?? all),
    capsAt: caps?.at ?? {},
    noNewPrivileges,
  };
}

const streams: readonly string[] = ["stdin", "stdout", "stderr"];

/** Files of the caller that a plan gives away: they may be standard streams only, and the user's of the plan only. */
export function doubtStreams(plan: Plan): readonly Doubt[] {
  const { uid } = readRights(plan);
  const lines = readIdMaps(plan).flatMap((map) => (map.kind === "uid" ? map.lines : []));
  const isUsers = ({ phase, uid: owner }: OpOf<"own-stream">): boolean => {
    const mapped = lines.some(
      ({ inside, outside, count }) => uid >= inside && uid - inside < count && Number(owner) === outside + uid - inside,
    );
    return phase === "parent" ? mapped : Number(owner) === uid;
  };
  const opened = findOps(plan, "reopen-stream").filter(({ op }) => !streams.includes(op.stream));
  const doubts = opened.map(({ op, at }) => ({ at, what: `others may open the file ${op.stream} of the caller` }));
  const given = findOps(plan, "own-stream")
    .filter(({ op }) => !streams.includes(op.stream) || !isUsers(op))
    .map(({ op, at }) => ({
      at,
      what: `the file ${op.stream} of the caller is given to the user ${op.uid}`,
      // The id map of a container that is joined is not in the plan.
      ...(plan.kind === "join" && op.phase === "parent" ? { stored: true } : {}),
    }));
  return [...given, ...doubts];
}

/** Whether a container could change the mounts that its plan makes. One that joins has the mounts of another plan. */
export function changesMounts(plan: Plan, { capabilities }: Rights): boolean {
  return plan.kind === "create" && (capabilities & sysAdmin) !== 0n && findOps(plan, "lock-mounts").length === 0;
}

/** A label that the process of a plan gets when it is executed. */
export interface LabelView {
  readonly lsm: keyof typeof lsmIds;
  readonly value: string;
  readonly at: Place;
}

/** Reads the labels of a plan's process: those of keys and of file systems are left out. */
export function readLabels(plan: Plan): readonly LabelView[] {
  const found = findOps(plan, "set-label").filter(
    ({ op }) => op.tree === undefined && Number(op.attribute) !== labelAttributes.keycreate,
  );
  return (["apparmor", "selinux"] as const).flatMap((lsm) => {
    const last = found.findLast(({ op }) => Number(op.lsm) === lsmIds[lsm]);
    // AppArmor takes a command: `exec PROFILE`.
    return last === undefined ? [] : [{ lsm, value: last.op.value.replace(/^exec /, ""), at: last.at }];
  });
}

/** One line of an id map. */
export interface IdLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface IdMap {
  readonly kind: "uid" | "gid";
  readonly lines: readonly IdLine[];
  readonly at: Place;
}

function parseMap(text: string): readonly IdLine[] {
  return text.split("\n").flatMap((line) => {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
    return inside === undefined || outside === undefined || count === undefined ? [] : [{ inside, outside, count }];
  });
}

/** The id maps of the user namespace that a plan makes. */
export function readIdMaps(plan: Plan): readonly IdMap[] {
  const written = findOps(plan, "write-idmap").flatMap(({ op, at }): readonly IdMap[] => [
    ...(op.uids === undefined ? [] : [{ kind: "uid" as const, lines: parseMap(op.uids), at }]),
    ...(op.gids === undefined ? [] : [{ kind: "gid" as const, lines: parseMap(op.gids), at }]),
  ]);
  const helped = findOps(plan, "spawn-idmap").map(
    ({ op, at }): IdMap => ({ kind: Number(op.gid) === 0 ? "uid" : "gid", lines: parseMap(op.map), at }),
  );
  return [...written, ...helped];
}

/** Whether a map gives an id of the host to the container. */
export function hasHostId({ lines }: IdMap, id: number): boolean {
  return lines.some(({ outside, count }) => id >= outside && id < outside + count);
}
