import { setupId } from "../ids/ids.ts";
import { planLabelStart } from "../ids/labels.ts";
import { cloneFlags, joinNamespaces } from "../namespaces/namespaces.ts";
import { madeByClone } from "../namespaces/time-offsets.ts";
import { rootIsolation } from "../tree/rootfs.ts";
import type { CreateContext } from "./context.ts";
import { pidNamespace } from "./last-fork.ts";
import { planBecome, planUnseen } from "./unseen.ts";

/** Init's first steps: unseen, where it is, who it is, and that it shares nothing. */
export function planArrival(context: CreateContext): void {
  const { draft, namespaces } = context;
  const become = (): void => planBecome(draft, setupIds(context));
  planUnseen(draft);
  if (context.forks === "first") {
    joinNamespaces(context, namespaces, become);
    draft.add({
      op: "fork",
      phase: "inside",
      namespaces: madeByClone(context, namespaces),
      from: "/linux/namespaces",
      why: "the process that is in all of them",
    });
  }
  draft.meet("inside", "the launcher has mapped, recorded and placed init");
  if (context.forks !== "first") joinNamespaces(context, namespaces, become, pidNamespace(context));
  if (namespaces.made.has("user")) become();
  planSeclusion(context);
}

/** Nothing of the caller's is shared from here on: no session, keys, view of cgroups or mounts. */
function planSeclusion(context: CreateContext): void {
  const { draft, namespaces, config, options } = context;
  if (context.terminal === "none" && context.forks !== "last") draft.add({ op: "new-session", phase: "inside" });
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
export function setupIds({ config, namespaces }: CreateContext): { readonly uid: number; readonly gid: number } {
  if (!namespaces.has("user")) return { uid: 0, gid: 0 };
  return { uid: setupId(config.linux?.uidMappings ?? []), gid: setupId(config.linux?.gidMappings ?? []) };
}
