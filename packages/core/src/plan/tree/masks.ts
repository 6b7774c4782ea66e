import { cleanPath, foldDotDot, pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";

/** Covers `/linux/maskedPaths` and makes `/linux/readonlyPaths` read-only; a missing path is ignored, as in the spec. */
export function planMasks(
  context: Context,
  namespaces: Namespaces,
  root: SlotName,
  strict: readonly string[] = [],
): void {
  const { config, draft } = context;
  const masked = readPaths(context, namespaces, config.linux?.maskedPaths, "/linux/maskedPaths");
  const readonly = readPaths(context, namespaces, config.linux?.readonlyPaths, "/linux/readonlyPaths");
  if (masked.length + strict.length > 0) {
    const from = "/linux/maskedPaths";
    const label = config.linux?.mountLabel ?? "";
    const labelled = label === "" ? {} : { label };
    const why = "what masked paths are covered with";
    draft.add({ op: "make-masks", phase: "rooted", ...labelled, out: "masks", from, why });
    for (const { path, pointer } of masked)
      draft.add({ op: "mask", phase: "rooted", flags: ["absent-ok"], root, masks: "masks", path, from: pointer });
    for (const path of strict) draft.add({ op: "mask", phase: "rooted", root, masks: "masks", path });
    draft.add({ op: "close", phase: "rooted", slot: "masks", from });
  }
  for (const { path, pointer } of readonly)
    draft.add({ op: "readonly-path", phase: "rooted", flags: ["absent-ok"], root, path, from: pointer });
}

function readPaths(
  { issues }: Context,
  namespaces: Namespaces,
  paths: readonly string[] | undefined,
  at: string,
): readonly { readonly path: string; readonly pointer: string }[] {
  const list = paths ?? [];
  if (list.length > 0 && !namespaces.made.has("mount")) {
    issues.invalid(at, "needs a new mount namespace in /linux/namespaces: the paths would be the host's");
    return [];
  }
  return list.flatMap((raw, index) => {
    const pointer = pointerTo(at, index);
    if (foldDotDot(raw) !== "/") return [{ path: cleanPath(raw), pointer }];
    // A mount over the root hides nothing from a process whose root lies beneath the mount.
    if (at === "/linux/maskedPaths") issues.warn(pointer, "the root itself cannot be covered: ignored");
    return [];
  });
}
