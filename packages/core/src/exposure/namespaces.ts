// Whose namespaces a plan's process is in: what the last op that decides one says, in the order in which init does them.
import type { LinuxNamespaceType } from "@coffer/spec";
import { cleanPath } from "../paths.ts";
import type { ProcessIdentity } from "../plan/index.ts";
import { cloneFlags } from "../plan/index.ts";
import type { OpOf, Plan, PlanOp, SlotName } from "../wire/op.ts";
import type { Doubt, Place } from "./find.ts";
import { findOps, placeOf } from "./find.ts";

/**
 * Whose namespace of a type the process is in: a new one, or one that is joined by its path. Else it is the namespace of the
 * container that the plan is known to join, the host's, or an unknown one.
 */
export interface NamespaceUse {
  readonly whose: "own" | "joined" | "container" | "host" | "unknown";
  readonly path?: string;
  /** What one is joined by. */
  readonly slot?: SlotName;
  readonly at: Place;
}

export type Namespaces = Readonly<Record<LinuxNamespaceType, NamespaceUse>>;

/** What init is in before each op, and at the end. Equal objects are the same namespace. */
export interface NamespaceWalk {
  readonly before: readonly Namespaces[];
  readonly final: Namespaces;
  readonly doubts: readonly Doubt[];
}

/** A path of /proc/PID/ns that is, or may be, the host's own. */
const hosts = /^\/proc\/(?:self|thread-self|1)\/(?:task\/\d+\/)?ns\//;

const types = ["mount", "cgroup", "uts", "ipc", "user", "pid", "network", "time"] as const;
/** What is for children only: by setns(2) a pid namespace, by unshare(2) a time namespace as well. */
const forChildren = { join: ["pid"], unshare: ["pid", "time"] } as const satisfies Readonly<
  Record<string, readonly LinuxNamespaceType[]>
>;

interface State {
  now: Namespaces;
  /** What the next child is in. */
  next: Namespaces;
}

const typesOf = (flags: number | bigint): readonly LinuxNamespaceType[] =>
  types.filter((type) => (Number(flags) & cloneFlags[type]) !== 0);

function everyHost(at: Place): Namespaces {
  const use = (): NamespaceUse => ({ whose: "host", at });
  return {
    mount: use(),
    cgroup: use(),
    uts: use(),
    ipc: use(),
    user: use(),
    pid: use(),
    network: use(),
    time: use(),
  };
}

/** The namespaces with those of some types changed. */
function change(now: Namespaces, changed: readonly LinuxNamespaceType[], use: () => NamespaceUse): Namespaces {
  return { ...now, ...Object.fromEntries(changed.map((type) => [type, use()])) };
}

/** A child: what was for children, and what it makes itself. */
function makeChild(state: State, flags: number | bigint, at: Place): void {
  state.now = change(state.next, typesOf(flags), () => ({ whose: "own", at }));
  state.next = state.now;
}

function enter(
  state: State,
  how: keyof typeof forChildren,
  changed: readonly LinuxNamespaceType[],
  use: () => NamespaceUse,
): void {
  const later: readonly LinuxNamespaceType[] = forChildren[how];
  state.next = change(state.next, changed, use);
  const atOnce = changed.filter((type) => !later.includes(type));
  state.now = { ...state.now, ...Object.fromEntries(atOnce.map((type) => [type, state.next[type]])) };
}

/** Whose namespaces a slot leads to. */
function slotUse(plan: Plan, slot: SlotName, container: ProcessIdentity | undefined, at: Place): NamespaceUse {
  const opened = findOps(plan, "open-namespace").find(({ op }) => op.out === slot);
  if (opened !== undefined) {
    const path = cleanPath(opened.op.path);
    return { whose: hosts.test(path) ? "host" : "joined", path, slot, at };
  }
  const process = findOps(plan, "open-process").find(({ op }) => op.out === slot)?.op;
  return { whose: process !== undefined && isSame(process, container) ? "container" : "unknown", at };
}

function isSame(op: OpOf<"open-process">, known: ProcessIdentity | undefined): boolean {
  return (
    known !== undefined &&
    Number(op.pid) === known.pid &&
    BigInt(op.startTime) === BigInt(known.startTime) &&
    BigInt(op.inode) === BigInt(known.inode)
  );
}

function step(state: State, plan: Plan, op: PlanOp, at: Place, container: ProcessIdentity | undefined): void {
  switch (op.op) {
    case "clone":
    case "fork":
      makeChild(state, op.namespaces, at);
      break;
    case "unshare":
      enter(state, "unshare", typesOf(op.namespaces), () => ({ whose: "own", at }));
      break;
    case "join-namespaces":
      enter(state, "join", typesOf(op.types), () => slotUse(plan, op.ns, container, at));
      break;
    default:
  }
}

/** Follows init through a plan. `container`: the process that is known to be a container's. */
export function walkNamespaces(plan: Plan, container?: ProcessIdentity): NamespaceWalk {
  const clone = findOps(plan, "clone")[0];
  const first = everyHost(clone === undefined ? {} : clone.at);
  const state: State = { now: first, next: first };
  const before = plan.ops.map((op, index) => {
    const { now } = state;
    if (op.phase !== "parent") step(state, plan, op, placeOf(op, index), container);
    return now;
  });
  const { now, next } = state;
  const strangers = types.filter((type) => now[type].whose === "unknown");
  return {
    before,
    final: now,
    doubts: [
      ...strangers.slice(0, 1).map((type) => ({
        what: `the ${type} namespace is that of a process of which nothing says that it is the container's`,
        at: now[type].at,
      })),
      ...(now.pid === next.pid
        ? []
        : [{ what: "children of the process are in another pid namespace than itself", at: next.pid.at }]),
    ],
  };
}
