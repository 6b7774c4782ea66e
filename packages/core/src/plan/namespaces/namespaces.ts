import type { Config, LinuxNamespaceType } from "@coffer/spec";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Context, Issues } from "../draft/draft.ts";

/** CLONE_NEW* of sched.h. */
export const cloneFlags = {
  mount: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
  time: 0x00000080,
} as const satisfies Readonly<Record<LinuxNamespaceType, number>>;

/** A namespace that is joined by its path. */
export interface JoinedNamespace {
  readonly type: LinuxNamespaceType;
  readonly path: string;
  readonly pointer: string;
}

/** The namespaces of a config. */
export interface Namespaces {
  /** New ones, each with the pointer of its entry. */
  readonly made: ReadonlyMap<LinuxNamespaceType, string>;
  readonly joined: readonly JoinedNamespace[];
  /** Made or joined: the container does not share the caller's. */
  has(type: LinuxNamespaceType): boolean;
  /** The CLONE_NEW* flags of those that are made. */
  flags(...without: readonly LinuxNamespaceType[]): number;
}

/** Reads `/linux/namespaces`. */
export function readNamespaces(config: Config, issues: Issues): Namespaces {
  const made = new Map<LinuxNamespaceType, string>();
  const joined: JoinedNamespace[] = [];
  const seen = new Set<LinuxNamespaceType>();
  (config.linux?.namespaces ?? []).forEach(({ type, path }, index) => {
    const pointer = pointerTo("/linux/namespaces", index);
    if (seen.has(type)) issues.invalid(pointer, `the ${type} namespace is there twice`);
    seen.add(type);
    if (path === undefined) made.set(type, pointer);
    else if (path === "/") issues.invalid(`${pointer}/path`, "is not the path of a namespace");
    else joined.push({ type, path, pointer });
  });
  return {
    made,
    joined,
    has: (type) => seen.has(type),
    flags: (...without) =>
      [...made.keys()].filter((type) => !without.includes(type)).reduce((sum, type) => sum | cloneFlags[type], 0),
  };
}

/** Opens the namespaces that are joined. They are the launcher's to open: init's root has other paths. */
export function openNamespaces({ draft }: Context, namespaces: Namespaces, hostRoot: string): void {
  for (const { type, path, pointer } of namespaces.joined) {
    draft.add({
      op: "open-namespace",
      phase: "host",
      at: hostRoot,
      path,
      type: cloneFlags[type],
      out: `ns-${type}`,
      from: `${pointer}/path`,
    });
  }
}

/**
 * Joins the namespaces, in an order that never loses the right to join the next. In a user namespace init takes the ids
 * of its root at once: nothing of the host's identity is left when init's fork becomes visible. `kept` stays open.
 */
export function joinNamespaces(
  { draft, facts }: Context,
  namespaces: Namespaces,
  become: () => void,
  kept?: SlotName,
): void {
  const users = namespaces.joined.filter(({ type }) => type === "user");
  const others = namespaces.joined.filter(({ type }) => type !== "user");
  // A privileged caller has the right over all of them now and may lose it in the user namespace; any other one gets it there.
  const order = facts.privileged ? [...others, ...users] : [...users, ...others];
  for (const { type, pointer } of order) {
    draft.add({
      op: "join-namespaces",
      phase: "inside",
      ns: `ns-${type}`,
      types: cloneFlags[type],
      from: pointer,
      why: `joins the ${type} namespace`,
    });
    if (`ns-${type}` !== kept) draft.add({ op: "close", phase: "inside", slot: `ns-${type}`, from: pointer });
    if (type === "user") become();
  }
}

/**
 * Whether init has to make the real process after it has joined. There are three reasons. A new user namespace takes away
 * the right to join namespaces of the host. A pid namespace holds only children. New namespaces belong to a joined user
 * namespace.
 */
export function needsFork(namespaces: Namespaces): boolean {
  const byPath = namespaces.joined.map(({ type }) => type);
  return (byPath.length > 0 && namespaces.made.has("user")) || byPath.includes("pid") || byPath.includes("user");
}
