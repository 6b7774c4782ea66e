import { baseName, joinPath } from "../../paths.ts";
import { planAttach } from "./attach.ts";
import { planHostClone } from "./bind.ts";
import { labelOption } from "./mount-label.ts";
import type { MountEntry } from "./mount-list.ts";
import { attr } from "./mount-words.ts";
import type { TreeContext } from "./mounts.ts";
import { setMount } from "./set-mount.ts";

interface Hierarchy {
  readonly mount: string;
  readonly controllers: readonly string[];
}

/** The version 1 hierarchies, each once, in the order of their mount paths. */
export function listHierarchies(roots: Readonly<Record<string, string>>): readonly Hierarchy[] {
  const mounts = [...new Set(Object.values(roots))].sort();
  return mounts.map((mount) => ({
    mount,
    controllers: Object.keys(roots)
      .filter((controller) => roots[controller] === mount)
      .sort(),
  }));
}

/**
 * A mount of type cgroup on a version 1 host: a tmpfs with one directory for each hierarchy, as runc makes it. A hierarchy
 * in which the container has no cgroup is an empty directory. There the container is in a cgroup of the caller, perhaps in
 * the root of the hierarchy, and could act on processes of the host. Engines mount over such a directory.
 */
export function planCgroupV1Mount(tree: TreeContext, mount: MountEntry): void {
  const { draft, facts, places } = tree;
  const { slot, pointer: from } = mount;
  const readonly = ((mount.options.own.set | mount.options.deep.set) & attr.readonly) !== 0;
  const attrs = (mount.options.own.set | mount.options.deep.set) & ~attr.readonly;
  draft.add({
    op: "make-fs",
    phase: "inside",
    type: "tmpfs",
    source: "tmpfs",
    options: ["mode=755", ...labelOption(tree, "tmpfs", [])],
    attrs,
    out: slot,
    from,
    why: "what the cgroup hierarchies stand in",
  });
  planAttach(tree, mount, 0, true);
  listHierarchies(facts.cgroup.v1Roots).forEach((hierarchy, index) => {
    const place = places.find(({ version, mount: at }) => version === 1 && at === hierarchy.mount);
    if (place === undefined) planEmpty(tree, mount, hierarchy, `${slot}-${index}`);
    else planHierarchy(tree, mount, { ...hierarchy, path: place.path }, `${slot}-${index}`);
    planAliases(tree, mount, hierarchy);
  });
  if (readonly) setMount(draft, { phase: "inside", tree: slot, set: attr.readonly, from });
  draft.add({ op: "close", phase: "inside", slot, from });
}

function planEmpty({ draft, root }: TreeContext, mount: MountEntry, hierarchy: Hierarchy, out: string): void {
  const path = joinPath(mount.destination, baseName(hierarchy.mount));
  const from = mount.pointer;
  draft.add({ op: "mount-point", phase: "inside", at: root, path, kind: 0, mode: 0o755, resolve: 0, out, from });
  draft.add({ op: "close", phase: "inside", slot: out, from });
}

/** `cpu` and `cpuacct` are links to `cpu,cpuacct`. */
function planAliases({ draft, root }: TreeContext, { destination, pointer }: MountEntry, hierarchy: Hierarchy): void {
  const target = baseName(hierarchy.mount);
  for (const name of hierarchy.controllers.filter((controller) => controller !== target && !controller.includes("=")))
    draft.add({ op: "make-link", phase: "inside", at: root, path: joinPath(destination, name), target, from: pointer });
}

/** One hierarchy, from the cgroup of the container on. */
function planHierarchy(
  tree: TreeContext,
  mount: MountEntry,
  hierarchy: Hierarchy & { readonly path: string },
  slot: string,
): void {
  const { draft, namespaces, places, issues } = tree;
  const from = mount.pointer;
  const attrs = mount.options.own.set | mount.options.deep.set;
  if (namespaces.made.has("cgroup")) {
    const options = hierarchy.controllers.flatMap((name) => (name.startsWith("name=") ? ["none", name] : [name]));
    draft.add({ op: "make-fs", phase: "inside", type: "cgroup", source: "cgroup", options, attrs, out: slot, from });
  } else {
    if (tree.cloneIn === "host" && places.some(({ unit }) => unit !== undefined))
      issues.unsupported(from, "the scope is not there yet when it is bound: give the container a cgroup namespace");
    planHostClone(tree, {
      slot,
      source: joinPath(hierarchy.mount, hierarchy.path),
      phase: tree.cloneIn,
      recursive: false,
      propagation: 2,
      from,
    });
    if (attrs !== 0) setMount(draft, { phase: tree.cloneIn, tree: slot, set: attrs, from });
  }
  const destination = joinPath(mount.destination, baseName(hierarchy.mount));
  planAttach(tree, { ...mount, slot, destination }, 0);
}
