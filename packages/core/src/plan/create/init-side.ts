import { foldDotDot, linklessPath } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { planHostname } from "../namespaces/hostname.ts";
import { planListeners } from "../namespaces/listeners.ts";
import { planSysctls } from "../namespaces/sysctl.ts";
import { planTreeHooks } from "../process/hooks.ts";
import type { ProcessEntry } from "../process/process.ts";
import { planConsole, planTerminal } from "../process/terminal.ts";
import { isTied } from "../tree/attach.ts";
import { listDevices, planDevices, planDevLinks } from "../tree/devices/devices.ts";
import { devKind, isFilled, ownDev } from "../tree/devices/kind.ts";
import { launcherDev } from "../tree/devices/launcher-dev.ts";
import { covers } from "../tree/initramfs.ts";
import { planLock } from "../tree/locked-mounts.ts";
import { planMasks } from "../tree/masks.ts";
import type { MountEntry } from "../tree/mount-list.ts";
import { attr } from "../tree/mount-words.ts";
import type { MountedTree, TreeContext } from "../tree/mounts.ts";
import { planMounts } from "../tree/mounts.ts";
import { planRootFinish, planRootfsInside } from "../tree/rootfs.ts";
import { setMount } from "../tree/set-mount.ts";
import type { CreateContext } from "./context.ts";
import { planArrival, setupIds } from "./first-steps.ts";
import { planFiles, planLinks } from "./given.ts";
import { pidNamespace } from "./last-fork.ts";
import { carriesWorkDir } from "./work-dir.ts";

/** What phase drop and the launcher need of what was made. */
export interface InsideResult {
  readonly root: SlotName;
  readonly console: SlotName | undefined;
  /** The launcher's end of the terminal. */
  readonly terminal: SlotName | undefined;
}

/** Phases inside and rooted of a plan of kind create. */
export function planInside(context: CreateContext, entry: ProcessEntry): InsideResult {
  const { namespaces, options, cloneIn } = context;
  planArrival(context);
  const root = planRootfsInside(context, namespaces, options.rootfs ?? { input: true }, {
    cloneIn,
    bundle: options.bundle,
    cover: covers(context),
    carried: carriesWorkDir(context),
  });
  planHostname(context, namespaces);
  if (namespaces.made.has("network")) {
    context.draft.add({ op: "loopback-up", phase: "inside", from: namespaces.made.get("network") ?? "" });
    planListeners(context);
  }
  if (!namespaces.made.has("mount")) return planChroot(context, entry, root);
  const tree: TreeContext = {
    ...context,
    root,
    sharesEach: sharesEach(context),
    idmaps: new Map(),
    ...procOf(context),
  };
  if (options.links !== undefined) planLinks(tree, options.links, "as the host has it");
  const mounted = planTree(tree, context.mounts);
  if (options.files !== undefined) planFiles(tree, options.files);
  if (options.lateLinks !== undefined) planLinks(tree, options.lateLinks, "where programs look for it");
  const console = planContainerTerminal(context, entry, mounted, root);
  planSysctls(context, namespaces, procOf(context));
  planWorkingDir(context, entry, root);
  closeHost(context);
  planTreeHooks(context, root);
  context.draft.add({ op: "pivot", phase: "inside", root, from: "/root/path" });
  planRooted(tree, mounted);
  return {
    root: planLock(context, root),
    console,
    terminal: context.terminal === "foreground" ? "terminal-end" : undefined,
  };
}

/** Where a bind is tied to the host's mount, one word for the root and all beneath it would cut that off. */
function sharesEach(context: CreateContext): boolean {
  const isRecursive = context.config.linux?.rootfsPropagation === "rshared";
  return isRecursive && context.mounts.some((mount) => isTied(context, mount));
}

function planTree(context: TreeContext, given: readonly MountEntry[]): MountedTree {
  const dev = context.options.hasDev === false ? "theirs" : devKind(given);
  const mounts = dev === "own" ? [ownDev, ...given] : given;
  const nodes = listDevices(context, dev);
  const tree: TreeContext = { ...context, launcherDev: launcherDev(context, mounts, nodes) };
  const mounted = planMounts(tree, mounts);
  planDevices(tree, nodes, given);
  const taken = [...nodes.map(({ path }) => path), ...given.map(({ destination }) => destination)];
  if (isFilled(dev)) planDevLinks(tree, taken);
  return mounted;
}

function planContainerTerminal(
  context: CreateContext,
  entry: ProcessEntry,
  { devpts }: MountedTree,
  root: SlotName,
): SlotName | undefined {
  const { draft, issues, options, terminal } = context;
  let console: SlotName | undefined;
  if (terminal !== "none" && devpts === undefined)
    issues.invalid("/process/terminal", "needs a mount of type devpts in /mounts");
  if (terminal !== "none" && devpts !== undefined) {
    const self = setupIds(context);
    const owner = { uid: entry.uid, gid: entry.gid };
    const other = owner.uid !== self.uid || owner.gid !== self.gid;
    console = planTerminal(context, options, terminal, {
      devpts,
      self,
      later: context.forks === "last",
      ...(other ? { owner } : {}),
    });
    planConsole(context, root);
  }
  if (devpts !== undefined) draft.add({ op: "close", phase: "inside", slot: devpts });
  return console;
}

/** The pid namespace of procfs where init is not in it while it makes the tree. */
function procOf(context: CreateContext): { readonly pidns?: SlotName } {
  const pidns = pidNamespace(context);
  return pidns === undefined ? {} : { pidns };
}

/** Nothing of the host is held when init goes into the container's root. */
function closeHost(context: CreateContext): void {
  const slot = pidNamespace(context);
  context.roots.closeInside();
  if (slot !== undefined) context.draft.add({ op: "close", phase: "inside", slot });
}

/**
 * A working directory that is missing is made, as in runc, and each directory that `..` goes up from. No op makes anything at a
 * path that has a `..` itself.
 */
function planWorkingDir({ draft }: CreateContext, entry: ProcessEntry, root: SlotName): void {
  const from = "/process/cwd";
  const parts = entry.cwd.split("/");
  const ends = parts.flatMap((part, index) => (part === ".." && parts[index - 1] !== ".." ? [index] : []));
  const paths = [...ends, parts.length].map((end) => foldDotDot(parts.slice(0, end).join("/")));
  for (const [index, path] of [...new Set(paths)].entries()) {
    if (path === "/") continue;
    const out = index === 0 ? "working-dir" : `working-dir-${index}`;
    draft.add({ op: "mount-point", phase: "inside", at: root, path, kind: 0, mode: 0o755, resolve: 0, out, from });
    draft.add({ op: "close", phase: "inside", slot: out, from });
  }
}

function planRooted(tree: TreeContext, mounted: MountedTree): void {
  const { draft, namespaces, root } = tree;
  for (const { slot, from } of mounted.late) {
    setMount(draft, { phase: "rooted", tree: slot, set: attr.readonly, from });
    draft.add({ op: "close", phase: "rooted", slot, from });
  }
  for (const { destination, magic, require, from } of mounted.expected)
    draft.add({ op: "expect-mount", phase: "rooted", root, path: destination, magic, require, from });
  for (const { path, readonly, isLink = false } of tree.options.guards ?? []) {
    const kind = isLink ? 2 : Number(readonly);
    draft.add({ op: "guard-path", phase: "rooted", root, path: linklessPath(path), readonly: kind });
  }
  planMasks(tree, namespaces, root, tree.options.masks);
  // Last, as nothing clones what cannot be bound any more.
  planRootFinish(tree, namespaces, root, tree.sharesEach);
}

/** Without a mount namespace of its own a container gets a root directory and nothing else. */
function planChroot(context: CreateContext, entry: ProcessEntry, root: SlotName): InsideResult {
  const { config, draft, issues, namespaces, terminal } = context;
  if ((config.linux?.devices ?? []).length > 0)
    issues.unsupported("/linux/devices", "needs a new mount namespace in /linux/namespaces");
  if (terminal !== "none") issues.unsupported("/process/terminal", "needs a new mount namespace in /linux/namespaces");
  planSysctls(context, namespaces, procOf(context));
  planWorkingDir(context, entry, root);
  closeHost(context);
  planTreeHooks(context, root);
  draft.add({ op: "chroot", phase: "inside", root, from: "/root/path" });
  draft.add({ op: "close", phase: "inside", slot: root });
  draft.add({ op: "open-root", phase: "rooted", out: "root" });
  planMasks(context, namespaces, "root");
  planRootFinish(context, namespaces, "root", false);
  return { root: planLock(context, "root"), console: undefined, terminal: undefined };
}
