import { foldDotDot, joinPath, linklessPath } from "../../paths.ts";
import type { OpOf, SlotName } from "../../wire/op.ts";
import type { OpFlag } from "../../wire/tables/op-table.ts";
import { resolveModes } from "../../wire/tables/op-table.ts";
import type { CreateContext } from "../create/context.ts";
import { carriesWorkDir, planWorkDirInside } from "../create/work-dir.ts";
import type { Context } from "../draft/draft.ts";
import type { RootfsSource } from "../draft/options.ts";
import type { Roots } from "../draft/roots.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import { planCover } from "./initramfs.ts";
import { labelOption } from "./mount-label.ts";
import { attr, propagation } from "./mount-words.ts";
import { setMount } from "./set-mount.ts";

const from = "/root/path";
/** Where a root that has no directory is attached, in the new mount namespace only: it hides what is there, so no bind may come from it. */
const defaultAt = "/proc";

const coverOf = (source: RootfsSource): string => ("at" in source ? source.at : undefined) ?? defaultAt;

/**
 * What the root becomes before anything is attached to it: what is mounted beneath the root directory later stays outside. With
 * `slave` that arrives in mounts beneath the root directory alone, as with runc and crun.
 */
function rootCut({ config }: Context, ...flags: readonly OpFlag[]): Pick<OpOf<"clone-tree">, "propagation" | "flags"> {
  const word = config.linux?.rootfsPropagation;
  if (word === "slave" || word === "rslave") return { propagation: 2, flags: [...flags, "apart"] };
  return { propagation: 1, ...(flags.length > 0 ? { flags } : {}) };
}

/**
 * Whether the working directory of who clones mounts is the root directory. runc and crun make the mount private that it is on. What
 * they bind of that mount does not follow the host's, whatever the options say (decision 0075).
 */
export function entersRootfs({ options, cloneIn }: Pick<CreateContext, "cloneIn"> & EntersOptions): boolean {
  const { rootfs } = options;
  return (rootfs === undefined || !("tmpfs" in rootfs)) && !carriesWorkDir({ options, cloneIn });
}

interface EntersOptions {
  readonly options: Pick<CreateContext["options"], "rootfs" | "workDir">;
}

/** 1 private, 2 slave: what the mounts that come from the host become before anything is attached to them. */
export function rootIsolation({ config }: Context): 1 | 2 {
  const word = config.linux?.rootfsPropagation ?? "rslave";
  return word === "slave" || word === "rslave" ? 2 : 1;
}

/** Whether the container's root is a directory of a mount namespace that is there already. */
function isJoined(namespaces: Namespaces): boolean {
  return namespaces.joined.some(({ type }) => type === "mount");
}

/** The root directory as the joined mount namespace has it: the host's own descriptors mean nothing there. */
function planJoinedRoot({ config, draft, issues }: Context, bundle: string | undefined): SlotName {
  const path = config.root?.path ?? "";
  if (!path.startsWith("/") && bundle === undefined) issues.invalid(from, "must be absolute where there is no bundle");
  draft.add({ op: "open-root", phase: "inside", out: "joined-root", from });
  draft.add({
    op: "open-dir",
    phase: "inside",
    at: "joined-root",
    path: path.startsWith("/") ? joinPath(path) : joinPath(bundle ?? "/", path),
    resolve: 0,
    out: "cwd",
    from,
    why: "the root directory, as the joined mount namespace has it",
  });
  draft.add({ op: "close", phase: "inside", slot: "joined-root", from });
  return "cwd";
}

/** Whether links in the path of the root directory are followed. */
function followsLinks(source: RootfsSource): boolean {
  return !("path" in source) || source.links !== false;
}

/** The launcher's part: opens the root directory, makes it the working directory, and clones it if init could not. */
export function planRootfsHost(
  context: Context,
  namespaces: Namespaces,
  roots: Roots,
  source: RootfsSource,
  cloneIn: "host" | "inside",
): void {
  const { draft } = context;
  if (isJoined(namespaces)) return;
  const path = "path" in source ? source.path : "tmpfs" in source ? coverOf(source) : undefined;
  if (path === undefined) draft.input("rootfs", "dir");
  else
    draft.add({
      op: "open-dir",
      phase: "host",
      at: roots.host(),
      path: followsLinks(source) ? joinPath(path) : linklessPath(joinPath(path)),
      resolve: followsLinks(source) ? 0 : resolveModes["no-symlinks"],
      out: "rootfs",
      from,
    });
  const clones = cloneIn === "host" && !("tmpfs" in source);
  draft.add({
    op: "enter-dir",
    phase: "host",
    ...(clones ? { flags: ["keep"] as const } : {}),
    dir: "rootfs",
    from,
    why: "carries the root directory into the new mount namespace",
  });
  if (clones)
    draft.add({
      op: "clone-tree",
      phase: "host",
      source: "rootfs",
      recursive: 1,
      ...rootCut(context),
      out: "root",
      from,
      why: "the container's ids may not reach the root directory",
    });
}

/** How init makes the root tree. */
export interface RootfsInside {
  readonly cloneIn: "host" | "inside";
  readonly bundle: string | undefined;
  /** The host's root is an initramfs (initramfs.ts). */
  readonly cover: boolean;
  /** The launcher's working directory carries another directory than the root (work-dir.ts). */
  readonly carried: boolean;
}

/** Init's part: makes the root tree and attaches it. Returns the slot that the container's paths are resolved beneath. */
export function planRootfsInside(
  context: Context & { readonly roots: Roots },
  namespaces: Namespaces,
  source: RootfsSource,
  { cloneIn, bundle, cover, carried }: RootfsInside,
): SlotName {
  const { draft } = context;
  if (isJoined(namespaces)) return planJoinedRoot(context, bundle);
  const isolation = rootIsolation(context);
  if (cover) planCover(context, isolation, bundle ?? "/", followsLinks(source));
  else if (carried) planWorkDirInside(context, coverOf(source));
  else draft.add({ op: "open-cwd", phase: "inside", out: "cwd", from });
  if (!namespaces.made.has("mount")) return "cwd";
  if ("tmpfs" in source)
    draft.add({
      op: "make-fs",
      phase: "inside",
      type: "tmpfs",
      source: "tmpfs",
      options: ["mode=755", ...labelOption(context, "tmpfs", [])],
      attrs: attr.nosuid | attr.nodev,
      out: "root",
      from,
      why: "an empty root",
    });
  else if (cloneIn === "inside")
    draft.add({
      op: "clone-tree",
      phase: "inside",
      source: "cwd",
      recursive: 1,
      ...rootCut(context, "keep"),
      out: "root",
      from,
    });
  draft.add({ op: "attach-root", phase: "inside", tree: "root", target: "cwd", from });
  return "root";
}

/** The root's own propagation and read-only flag, once everything is in it. */
export function planRootFinish(
  { config, draft, issues }: Context,
  namespaces: Namespaces,
  root: SlotName,
  sharesEach: boolean,
): void {
  const word = config.linux?.rootfsPropagation;
  const paths = config.linux?.readonlyPaths ?? [];
  const readonly = config.root?.readonly === true || paths.some((path) => foldDotDot(path) === "/");
  if (!namespaces.made.has("mount")) {
    if (word !== undefined)
      issues.invalid("/linux/rootfsPropagation", "needs a new mount namespace in /linux/namespaces");
    if (readonly) issues.invalid("/root/readonly", "needs a new mount namespace in /linux/namespaces");
    return;
  }
  const recursive = word?.startsWith("r") === true && !sharesEach ? 1 : 0;
  const value = word?.endsWith("shared")
    ? propagation.privateShared
    : word?.endsWith("unbindable")
      ? propagation.unbindable
      : 0;
  if (value !== 0)
    setMount(draft, {
      phase: "rooted",
      tree: root,
      propagation: value,
      recursive,
      from: "/linux/rootfsPropagation",
    });
  if (readonly) setMount(draft, { phase: "rooted", tree: root, set: attr.readonly, from: "/root/readonly" });
}
