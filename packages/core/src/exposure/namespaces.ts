import type { LinuxNamespaceType } from "@coffer/spec";
import { cloneFlags } from "../plan/namespaces.ts";
import type { OpName, Plan, SlotName } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps, placeOf } from "./find.ts";

/** Whose namespace of a type the process is in: a new one, one joined by its path, that of a container, the host's. */
export interface NamespaceUse {
  readonly whose: "own" | "joined" | "container" | "host";
  readonly path?: string;
  readonly at: Place;
}

export type Namespaces = Readonly<Record<LinuxNamespaceType, NamespaceUse>>;

/** A path of /proc/PID/ns that is, or may be, the host's own. */
const hosts = /^\/proc\/(?:self|thread-self|1)\/(?:task\/\d+\/)?ns\//;
const makers: ReadonlySet<OpName> = new Set(["clone", "fork", "unshare"]);

function findMade({ ops }: Plan, flag: number): Place | undefined {
  const index = ops.findIndex((op) => {
    if (!makers.has(op.op) || !("namespaces" in op)) return false;
    return (Number(op.namespaces) & flag) !== 0;
  });
  const op = ops[index];
  return op === undefined ? undefined : placeOf(op, index);
}

function findJoined(plan: Plan, flag: number): NamespaceUse | undefined {
  const paths = new Map<SlotName, string>();
  for (const { op } of findOps(plan, "open-namespace")) paths.set(op.out, op.path);
  const found = findOps(plan, "join-namespaces").find(({ op }) => (Number(op.types) & flag) !== 0);
  if (found === undefined) return undefined;
  const path = paths.get(found.op.ns);
  if (path === undefined) return { whose: "container", at: found.at };
  return { whose: hosts.test(path) ? "host" : "joined", path, at: found.at };
}

function readUse(plan: Plan, flag: number): NamespaceUse {
  const made = findMade(plan, flag);
  if (made !== undefined) return { whose: "own", at: made };
  const joined = findJoined(plan, flag);
  if (joined !== undefined) return joined;
  const clone = findOps(plan, "clone")[0];
  return { whose: "host", at: clone === undefined ? {} : clone.at };
}

/** Reads whose namespaces a plan's process is in. */
export function readNamespaces(plan: Plan): Namespaces {
  const use = (type: LinuxNamespaceType): NamespaceUse => readUse(plan, cloneFlags[type]);
  return {
    mount: use("mount"),
    cgroup: use("cgroup"),
    uts: use("uts"),
    ipc: use("ipc"),
    user: use("user"),
    pid: use("pid"),
    network: use("network"),
    time: use("time"),
  };
}
