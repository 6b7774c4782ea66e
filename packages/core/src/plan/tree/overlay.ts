// An overlay whose layers the plan mounts itself: they are in what is mounted on its path before, and the overlay hides them.
import { joinPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { MountEntry } from "./mount-list.ts";
import type { TreeContext } from "./mounts.ts";

/** The names of the layers. */
export const layerNames = { lower: "lower", upper: "upper", work: "work" } as const;

/**
 * Makes what is missing of the layers that can be written, and opens the directory which has all of them; undefined for any
 * other file system.
 */
export function planLayers(tree: TreeContext, { slot, type, destination, pointer: from }: MountEntry) {
  const mode = type === "overlay" ? tree.options.overlays?.[destination] : undefined;
  if (mode === undefined) return undefined;
  const { draft, root } = tree;
  const made = { [layerNames.upper]: mode, [layerNames.work]: 0o700 };
  for (const [name, bits] of Object.entries(made)) {
    const path = joinPath(destination, name);
    const out: SlotName = `${slot}-${name}`;
    draft.add({ op: "mount-point", phase: "inside", at: root, path, kind: 0, mode: bits, resolve: 0, out, from });
    draft.add({ op: "close", phase: "inside", slot: out, from });
  }
  const out: SlotName = `${slot}-layers`;
  const why = "has the layers of the overlay";
  draft.add({ op: "open-dir", phase: "inside", at: root, path: destination, resolve: 0, out, from, why });
  return out;
}

/** Nobody needs the directory once the overlay is made. */
export function closeLayers({ draft }: TreeContext, { pointer: from }: MountEntry, slot: SlotName | undefined): void {
  if (slot !== undefined) draft.add({ op: "close", phase: "inside", slot, from });
}
