import type { Plan } from "../../wire/op.ts";
import { keepsGroups } from "../draft/annotations.ts";
import type { Context } from "../draft/draft.ts";
import type { ProcessOptions } from "../draft/options.ts";
import { deniesSetgroups } from "../ids/idmap.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";
import { readCapabilities } from "./capabilities.ts";
import type { DropPlan } from "./drop.ts";
import { checkFilterCalls, compileFilter } from "./filter.ts";
import { readProcess, readRlimits } from "./process.ts";

/** Reads and checks what a process may do: the same for a container's first process and for those that join it. */
export function readDrop(
  context: Context & { readonly namespaces: Namespaces },
  options: ProcessOptions,
  gate: boolean,
): Omit<DropPlan, "root" | "console" | "labels"> {
  const { process, namespaces } = context;
  return {
    entry: readProcess(context, options, { mapped: namespaces.made.has("user"), gate }),
    capabilities: readCapabilities(context, process.capabilities),
    rlimits: readRlimits(context, process.rlimits),
    filter: compileFilter(context),
    noNewPrivileges: process.noNewPrivileges === true,
    setGroups: !keepsGroups(context.config) && (!deniesSetgroups(context) || !namespaces.has("user")),
    gate,
  };
}

/** Checks that init can still make its last calls once it has loaded the filter. */
export function checkFilter(context: Context, plan: Plan, { filter }: Pick<DropPlan, "filter">): void {
  if (filter === undefined) return;
  const loaded = plan.ops.findIndex(({ op }) => op === "load-seccomp" || op === "load-listener");
  if (loaded >= 0) checkFilterCalls(context, filter, plan.ops.slice(loaded + 1));
}
