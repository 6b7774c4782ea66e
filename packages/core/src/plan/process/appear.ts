// When a process appears in a pid namespace that other processes are in: rule R13.
import type { SlotName } from "../../wire/op.ts";
import type { Context } from "../draft/draft.ts";
import type { Labels } from "../ids/labels.ts";
import { needsLabelFiles } from "../ids/labels.ts";
import type { DropPlan } from "./drop.ts";
import { deniesFork } from "./filter.ts";
import { countsForks } from "./process.ts";

const rlimitNofile = 7;
const neededDescriptors = 64n;

/** Limits hinder init where they leave it too few descriptors. */
export function keepsDescriptors({ rlimits }: Pick<DropPlan, "rlimits">): boolean {
  return rlimits.every(({ resource, soft }) => resource !== rlimitNofile || BigInt(soft) >= neededDescriptors);
}

/**
 * Whether the process can appear in the container's pid namespace only when it has given up all that the container has not.
 * A process of the container that has CAP_SYS_PTRACE where init's memory belongs, without a user namespace, looks into it at
 * once. A filter that is loaded with CAP_SYS_ADMIN must let init fork, and its listener gets the pid of the process. The
 * file of a label (before Linux 6.8) takes writes only from the process that has opened it. A fork needs a few descriptors.
 */
export function canForkLast(
  context: Context,
  labels: Labels,
  drop: Pick<DropPlan, "filter" | "noNewPrivileges" | "rlimits">,
): boolean {
  const { filter, noNewPrivileges, rlimits } = drop;
  if (needsLabelFiles(labels) || !keepsDescriptors(drop)) return false;
  if (filter === undefined || noNewPrivileges) return true;
  return !filter.notifies && !deniesFork(context, filter, rlimits.some(countsForks));
}

/** Init makes the process in the container. */
export function planFork({ draft }: Context, phase: "inside" | "drop"): void {
  draft.add({ op: "fork", phase, namespaces: 0, why: "a pid namespace holds children only" });
}

/** The steps of both sides when init forks last. `attended`: the launcher works on the process before it goes on. */
export interface Appearance {
  readonly console: SlotName | undefined;
  readonly attended: boolean;
  readonly adopt: () => void;
}

/** Init forks when all is given up, and the new process begins its session. */
export function planAppearance(context: Context, { console, attended, adopt }: Appearance): DropPlan["appear"] {
  const { draft, processPointer } = context;
  const terminal = console === undefined ? {} : { pty: console, from: `${processPointer}/terminal` };
  return {
    inside: () => {
      planFork(context, "drop");
      if (attended) draft.meet("drop");
      draft.add({ op: "new-session", phase: "drop", ...terminal });
    },
    outside: () => {
      adopt();
      if (attended) draft.meet("parent");
    },
  };
}
