// A host whose root is an initramfs, where nothing can be pivoted out of: `--no-pivot`.

import { joinPath, linklessPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { resolveModes } from "../../wire/tables/op-table.ts";
import type { CreateContext } from "../create/context.ts";
import type { Context } from "../draft/draft.ts";
import type { Roots } from "../draft/roots.ts";

/** Whether the caller says that the host's root is an initramfs, which matters where a mount namespace is made. */
export function covers({ namespaces, options }: CreateContext): boolean {
  return options.noPivot === true && namespaces.made.has("mount");
}

/** The launcher's part: what a caller says of its root is checked, and what it would not keep apart is refused. */
export function planCoverHost(context: CreateContext): void {
  if (!covers(context)) return;
  const { draft, issues, namespaces } = context;
  if (namespaces.has("user"))
    issues.unsupported(
      "/linux/namespaces",
      "a user namespace does not go with --no-pivot: its root could take the mount away that covers the initramfs",
    );
  draft.add({ op: "expect-initramfs", phase: "host", proc: "proc", why: "what --no-pivot is for, and nothing else" });
}

/**
 * An initramfs cannot be pivoted out of: a copy of it is made to cover it and becomes the root directory, which can.
 * Returns the container's root directory as the copy has it.
 */
export function planCover(
  { config, draft, roots }: Context & { readonly roots: Roots },
  isolation: 1 | 2,
  bundle: string,
  links: boolean,
): SlotName {
  const at = roots.inside();
  const why = "an initramfs cannot be pivoted out of: a copy of it covers it";
  const tree = "cover";
  draft.add({
    op: "clone-tree",
    phase: "inside",
    flags: ["keep"],
    source: at,
    recursive: 1,
    propagation: isolation,
    out: tree,
    why,
  });
  draft.add({ op: "attach", phase: "inside", flags: ["keep"], tree, target: at });
  draft.add({ op: "enter-tree", phase: "inside", tree });
  const named = config.root?.path ?? "";
  const path = named.startsWith("/") ? joinPath(named) : joinPath(bundle, named);
  draft.add({
    op: "open-dir",
    phase: "inside",
    at: tree,
    path: links ? path : linklessPath(path),
    resolve: links ? 0 : resolveModes["no-symlinks"],
    out: "cwd",
    from: "/root/path",
  });
  draft.add({ op: "close", phase: "inside", slot: tree });
  return "cwd";
}
