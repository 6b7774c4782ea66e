import type { SlotName } from "../wire/op.ts";
import type { CreateContext } from "./create-context.ts";
import { devKind, listDevices, ownDev, planDevices, planDevLinks, planLinks } from "./devices.ts";
import { planTreeHooks } from "./hooks.ts";
import { planHostname } from "./hostname.ts";
import { setupId } from "./ids.ts";
import { planLabelStart } from "./labels.ts";
import { planMasks } from "./masks.ts";
import type { MountEntry } from "./mount-list.ts";
import { attr } from "./mount-words.ts";
import type { MountedTree, TreeContext } from "./mounts.ts";
import { planMounts } from "./mounts.ts";
import { cloneFlags, joinNamespaces } from "./namespaces.ts";
import { cleanPath } from "./paths.ts";
import type { ProcessEntry } from "./process.ts";
import { covers, planRootFinish, planRootfsInside, rootIsolation } from "./rootfs.ts";
import { planSysctls } from "./sysctl.ts";
import { planConsole, planTerminal } from "./terminal.ts";
import { madeByClone } from "./time-offsets.ts";

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
  });
  planHostname(context, namespaces);
  if (namespaces.made.has("network"))
    context.draft.add({ op: "loopback-up", phase: "inside", from: namespaces.made.get("network") ?? "" });
  if (!namespaces.made.has("mount")) return planChroot(context, entry, root);
  const tree: TreeContext = { ...context, root };
  if (options.links !== undefined) planLinks(tree, options.links);
  const mounted = planTree(tree, context.mounts);
  const console = planContainerTerminal(context, entry, mounted, root);
  planSysctls(context, namespaces);
  planWorkingDir(context, entry, root);
  context.roots.closeInside();
  planTreeHooks(context);
  context.draft.add({ op: "pivot", phase: "inside", root, from: "/root/path" });
  planRooted(tree, mounted);
  return { root, console, terminal: context.terminal === "foreground" ? "terminal-end" : undefined };
}

/** Init's first steps: where it is, who it is, and that it shares nothing. */
function planArrival(context: CreateContext): void {
  const { draft, namespaces } = context;
  if (context.forks) {
    joinNamespaces(context, namespaces);
    draft.add({
      op: "fork",
      phase: "inside",
      namespaces: madeByClone(context, namespaces),
      from: "/linux/namespaces",
      why: "the process that is in all of them",
    });
  }
  draft.meet("inside", "the launcher has mapped, recorded and placed init");
  if (!context.forks) joinNamespaces(context, namespaces);
  if (namespaces.has("user")) {
    const { uid, gid } = setupIds(context);
    draft.add({
      op: "become",
      phase: "inside",
      uid,
      gid,
      from: "/linux/uidMappings",
      why: "the container's own root makes the tree",
    });
  }
  planSeclusion(context);
}

/** Nothing of the caller's is shared from here on: no session, keys, view of cgroups or mounts. */
function planSeclusion(context: CreateContext): void {
  const { draft, namespaces, config, options } = context;
  draft.add({ op: "set-dumpable", phase: "inside", value: 0, why: "the container's processes may not look into init" });
  if (context.terminal === "none") draft.add({ op: "new-session", phase: "inside" });
  planLabelStart(context, context.labels);
  if (options.noNewKeyring !== true)
    draft.add({ op: "new-keyring", phase: "inside", why: "the caller's keys stay with the caller" });
  const ipc = namespaces.made.get("ipc");
  if (ipc !== undefined && namespaces.made.has("user"))
    draft.add({
      op: "unshare",
      phase: "inside",
      namespaces: cloneFlags.ipc,
      from: ipc,
      why: "made by the container's own root, to whom its message queues then belong",
    });
  const cgroup = namespaces.made.get("cgroup");
  if (cgroup !== undefined)
    draft.add({
      op: "unshare",
      phase: "inside",
      namespaces: cloneFlags.cgroup,
      from: cgroup,
      why: "rooted at the cgroup that init is in by now",
    });
  if (namespaces.made.has("mount"))
    draft.add({
      op: "isolate-mounts",
      phase: "inside",
      propagation: rootIsolation(context),
      from: config.linux?.rootfsPropagation === undefined ? "" : "/linux/rootfsPropagation",
    });
}

/** Who init is while it makes the tree. */
function setupIds({ config, namespaces }: CreateContext): { readonly uid: number; readonly gid: number } {
  if (!namespaces.has("user")) return { uid: 0, gid: 0 };
  return { uid: setupId(config.linux?.uidMappings ?? []), gid: setupId(config.linux?.gidMappings ?? []) };
}

function planTree(tree: TreeContext, mounts: readonly MountEntry[]): MountedTree {
  const dev = devKind(mounts);
  const mounted = planMounts(tree, dev === "own" ? [ownDev, ...mounts] : mounts);
  const nodes = listDevices(tree, dev);
  planDevices(tree, nodes);
  const taken = [...nodes.map(({ path }) => path), ...mounts.map(({ destination }) => destination)];
  if (dev !== "theirs") planDevLinks(tree, new Set(taken));
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
    console = planTerminal(context, options, terminal, { devpts, self, ...(other ? { owner } : {}) });
    planConsole(context, root);
  }
  if (devpts !== undefined) draft.add({ op: "close", phase: "inside", slot: devpts });
  return console;
}

/** A working directory that is missing is made, as in runc. */
function planWorkingDir({ draft }: CreateContext, entry: ProcessEntry, root: SlotName): void {
  const path = cleanPath(entry.cwd);
  if (path === "/") return;
  const from = "/process/cwd";
  draft.add({
    op: "mount-point",
    phase: "inside",
    at: root,
    path,
    kind: 0,
    mode: 0o755,
    resolve: 0,
    out: "working-dir",
    from,
  });
  draft.add({ op: "close", phase: "inside", slot: "working-dir", from });
}

function planRooted(tree: TreeContext, mounted: MountedTree): void {
  const { draft, namespaces, root } = tree;
  for (const { slot, from } of mounted.late) {
    draft.add({
      op: "set-mount",
      phase: "rooted",
      tree: slot,
      set: attr.readonly,
      clear: 0,
      propagation: 0,
      recursive: 0,
      from,
    });
    draft.add({ op: "close", phase: "rooted", slot, from });
  }
  planRootFinish(tree, namespaces, root);
  for (const { destination, magic, require, from } of mounted.expected)
    draft.add({ op: "expect-mount", phase: "rooted", root, path: destination, magic, require, from });
  planMasks(tree, namespaces, root);
}

/** Without a mount namespace of its own a container gets a root directory and nothing else. */
function planChroot(context: CreateContext, entry: ProcessEntry, root: SlotName): InsideResult {
  const { config, draft, issues, namespaces, terminal } = context;
  if ((config.linux?.devices ?? []).length > 0)
    issues.unsupported("/linux/devices", "needs a new mount namespace in /linux/namespaces");
  if (terminal !== "none") issues.unsupported("/process/terminal", "needs a new mount namespace in /linux/namespaces");
  planSysctls(context, namespaces);
  planWorkingDir(context, entry, root);
  context.roots.closeInside();
  planTreeHooks(context);
  draft.add({ op: "chroot", phase: "inside", root, from: "/root/path" });
  draft.add({ op: "close", phase: "inside", slot: root });
  draft.add({ op: "open-root", phase: "rooted", out: "root" });
  planMasks(context, namespaces, "root");
  planRootFinish(context, namespaces, "root");
  return { root: "root", console: undefined, terminal: undefined };
}
