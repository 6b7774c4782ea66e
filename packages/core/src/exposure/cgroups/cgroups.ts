// Which control groups the process of a plan ends up in, and what is written to them.
import { cleanPath, isBeneath } from "../../paths.ts";
import type { Plan, PlanOp, SlotName } from "../../wire/op.ts";
import type { Doubt, Place } from "../find.ts";
import { findOps, placeOf } from "../find.ts";
import type { Group } from "./cgroup-files.ts";
import { anothers, doubtFile, hierarchyOf, ownerFiles } from "./cgroup-files.ts";

interface Write {
  readonly group: Group;
  readonly file: string;
  /** undefined: perhaps. */
  readonly value: string | undefined;
}

/** The control groups of a plan's process. */
export interface Cgroups {
  /** What the process is held to by a control file: the strictest of its groups and those above. */
  limit(files: readonly string[]): bigint | undefined;
  /** Whether what is set of a group holds for the process. */
  holds(slot: SlotName): boolean;
  readonly doubts: readonly Doubt[];
}

interface Walk {
  readonly groups: Map<SlotName, Group>;
  readonly writes: Write[];
  readonly doubts: Doubt[];
  /** Where the process is, one in each hierarchy. */
  members: readonly Group[];
  /** Where another program puts the process, by the path in a hierarchy that the launcher has compared. */
  readonly expected: string[];
  readonly asksBus: boolean;
  process: SlotName | undefined;
  /** What the launcher has done since it last met init, which goes on beside it. */
  pending: Place | undefined;
}

const isSame = (a: Group, b: Group): boolean =>
  a.version === b.version &&
  a.hierarchy.some((name) => name === "*" || b.hierarchy.includes("*") || b.hierarchy.includes(name));

function join(walk: Walk, group: Group): void {
  walk.members = [...walk.members.filter((one) => !isSame(one, group)), group];
}

function write(walk: Walk, slot: SlotName, file: string, value: string, isSure: boolean, at: Place): void {
  const group = walk.groups.get(slot);
  if (group === undefined) return;
  const found = doubtFile(group, file, value);
  if (found !== undefined) walk.doubts.push({ at, ...found });
  walk.writes.push({ group, file, value: isSure ? value : undefined });
  walk.pending = at;
}

function touch(walk: Walk, slot: SlotName, at: Place): void {
  if (walk.groups.get(slot)?.is !== "new") walk.doubts.push({ at, what: anothers, stored: true });
}

/** Init is made, or makes another process: what happens outside meanwhile is before or after that. */
function meet(walk: Walk): void {
  walk.pending = undefined;
}

function stepGroup(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "open-cgroup": {
      const [version, path] = [Number(op.version), cleanPath(op.path)];
      const is = op.flags?.includes("absent-ok") === true ? "absent-ok" : "opened";
      walk.groups.set(op.out, { version, path, hierarchy: hierarchyOf(version, path), is });
      break;
    }
    case "make-cgroup": {
      const parent = walk.groups.get(op.parent);
      if (parent === undefined) break;
      const path = cleanPath(`${parent.path}/${op.path}`);
      walk.groups.set(op.out, { ...parent, path, is: Number(op.exist) === 0 ? "new" : "perhaps" });
      break;
    }
    case "write-cgroup":
      write(walk, op.cgroup, op.file, op.value, op.flags?.includes("absent-ok") !== true, at);
      break;
    case "write-first":
      op.files.forEach((file, index) => {
        if (index % 2 === 0) write(walk, op.cgroup, file, op.files[index + 1] ?? "", false, at);
      });
      break;
    default:
  }
}

function stepProcess(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "clone": {
      const group = op.cgroup === undefined ? undefined : walk.groups.get(op.cgroup);
      if (group?.is === "absent-ok") walk.doubts.push({ at, what: "the process is in a cgroup only if there is one" });
      else if (group !== undefined) join(walk, group);
      walk.process = op.out;
      meet(walk);
      break;
    }
    case "join-cgroup": {
      const group = walk.groups.get(op.cgroup);
      const isJoined = (op.file ?? "cgroup.procs") === (group?.version === 3 ? "tasks" : "cgroup.procs");
      if (group === undefined || !isJoined || op.process !== walk.process)
        walk.doubts.push({ at, what: "what joins a cgroup here is not known" });
      else join(walk, group);
      walk.pending = at;
      break;
    }
    case "adopt":
      if (walk.pending !== undefined)
        walk.doubts.push({ at: walk.pending, what: "the process is made while its cgroups change" });
      walk.process = op.out;
      break;
    case "release":
    case "sync":
      if (op.phase === "parent") meet(walk);
      break;
    case "expect-cgroup":
      if (walk.asksBus) walk.expected.push(cleanPath(op.path));
      break;
    default:
  }
}

function stepOthers(walk: Walk, op: PlanOp, at: Place): void {
  switch (op.op) {
    case "set-device-filter":
      walk.pending = at;
      touch(walk, op.cgroup, at);
      break;
    case "own-cgroup": {
      const strange = (op.files ?? []).find((file) => !ownerFiles.has(file));
      if (strange !== undefined) walk.doubts.push({ at, what: `${strange} of a cgroup is given away` });
      touch(walk, op.cgroup, at);
      break;
    }
    case "kill-cgroup":
    case "mark-cgroup":
      touch(walk, op.cgroup, at);
      break;
    case "remove-cgroup": {
      const path = cleanPath(`${walk.groups.get(op.parent)?.path ?? ""}/${op.path}`);
      if (![...walk.groups.values()].some((group) => group.is === "new" && group.path === path))
        walk.doubts.push({ at, what: "a cgroup that may be another's is removed", stored: true });
      break;
    }
    default:
  }
}

/** Whether what is written to a group holds for a process: it is in it, or beneath. */
function isHeld({ members, expected }: Walk, group: Group): boolean {
  return (
    members.some((member) => isSame(member, group) && isBeneath(member.path, group.path)) ||
    expected.some((path) => group.path.endsWith(path))
  );
}

function strictest(walk: Walk, files: readonly string[]): bigint | undefined {
  const last = new Map<string, string | undefined>();
  for (const { group, file, value } of walk.writes)
    if (files.includes(file) && isHeld(walk, group)) last.set(`${group.path}/${file}`, value);
  const values = [...last.values()].flatMap((value) =>
    value !== undefined && /^\d+$/.test(value) ? [BigInt(value)] : [],
  );
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))[0];
}

/** Reads the control groups of a plan. */
export function readCgroups(plan: Plan): Cgroups {
  const walk: Walk = {
    groups: new Map(),
    writes: [],
    doubts: [],
    members: [],
    expected: [],
    asksBus: findOps(plan, "call-bus").length > 0,
    process: undefined,
    pending: undefined,
  };
  plan.ops.forEach((op, index) => {
    const at = placeOf(op, index);
    stepGroup(walk, op, at);
    stepProcess(walk, op, at);
    stepOthers(walk, op, at);
  });
  // Which writes are the last depends on nobody but the launcher; but the container must not run before they are done.
  if (walk.pending !== undefined && findOps(plan, "clone").length > 0)
    walk.doubts.push({ at: walk.pending, what: "the process may run before its cgroups are what they shall be" });
  return {
    limit: (files) => strictest(walk, files),
    holds: (slot) => {
      const group = walk.groups.get(slot);
      return group !== undefined && isHeld(walk, group);
    },
    doubts: walk.doubts,
  };
}
