// A container in the pid namespace of others (a pod) appears there last: rule R13.
import type { SlotName } from "../../wire/op.ts";
import { needsFork } from "../namespaces/namespaces.ts";
import { canForkLast, planAppearance } from "../process/appear.ts";
import type { DropPlan } from "../process/drop.ts";
import type { HookPoint } from "../process/hooks.ts";
import { planUninherited } from "../process/scheduling.ts";
import type { CreateContext } from "./context.ts";
import { planRecord } from "./launcher-side.ts";
import { mapsOwnRoot } from "./unseen.ts";

/** Hooks of these points get the pid of the container's process before its program runs, or run as its child. */
const earlyHooks: readonly HookPoint[] = ["prestart", "createRuntime", "createContainer", "startContainer"];

type Read = Omit<CreateContext, "forks">;

/** When init makes the real process, where it does. */
export function whenForks(context: Read, drop: Omit<DropPlan, "root" | "console" | "labels">): CreateContext["forks"] {
  const { namespaces } = context;
  if (!needsFork(namespaces) && !mapsOwnRoot(context, namespaces)) return "never";
  return isSeen(context) && canStayOutside(context) && canForkLast(context, context.labels, drop) ? "last" : "first";
}

/** Processes of others are in its pid namespace, and no user namespace keeps them out of init's memory. */
function isSeen({ namespaces }: Read): boolean {
  return namespaces.joined.some(({ type }) => type === "pid") && !namespaces.has("user");
}

/** From Linux 6.17 on, a procfs is made for a pid namespace that init is not in. */
function canStayOutside({ config, facts: { kernel } }: Read): boolean {
  const isNew = kernel.major > 6 || (kernel.major === 6 && kernel.minor >= 17);
  return isNew && earlyHooks.every((point) => (config.hooks?.[point] ?? []).length === 0);
}

/** The slot of the pid namespace, which init is not in while it makes the tree. */
export function pidNamespace({ forks }: CreateContext): SlotName | undefined {
  return forks === "last" ? "ns-pid" : undefined;
}

/** Init's fork as its last step but the program; the launcher takes the process over. */
export function planLastFork(context: CreateContext, console: SlotName | undefined): DropPlan["appear"] {
  const adopt = (): void => {
    const why = "the process that init made where it joined";
    context.draft.add({ op: "adopt", phase: "parent", process: "init", out: "container", why });
    planRecord(context, "container");
    planUninherited(context, "container");
  };
  return planAppearance(context, { console, attended: true, adopt });
}
