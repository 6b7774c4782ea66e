import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { Context } from "../draft/draft.ts";
import { maskOf } from "../process/scheduling.ts";

/** PER_* of linux/personality.h. */
const domains = { LINUX: 0, LINUX32: 8 } as const;

/** MPOL_* of linux/mempolicy.h. */
const modes = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
} as const;

const modeFlags = {
  MPOL_F_NUMA_BALANCING: 1 << 13,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_STATIC_NODES: 1 << 15,
} as const;

/** The memory policies that `features` prints. */
export const memoryPolicies = {
  modes: Object.keys(modes) as (keyof typeof modes)[],
  flags: Object.keys(modeFlags) as (keyof typeof modeFlags)[],
};

const withoutNodes: ReadonlySet<string> = new Set(["MPOL_DEFAULT", "MPOL_LOCAL"]);

/** The execution domain and the memory policy, which init gives itself. */
export function planDomain(context: Context): void {
  planPersonality(context);
  planMemoryPolicy(context);
}

function planPersonality({ config, draft, issues }: Context): void {
  const { domain, flags = [] } = config.linux?.personality ?? {};
  const at = "/linux/personality";
  flags.forEach((flag, index) => {
    issues.warn(pointerTo(`${at}/flags`, index), `${quote(flag)} is ignored: the spec knows no flags`);
  });
  if (domain !== undefined)
    draft.add({ op: "set-personality", phase: "drop", persona: domains[domain], from: `${at}/domain` });
}

function planMemoryPolicy({ config, draft, issues }: Context): void {
  const policy = config.linux?.memoryPolicy;
  if (policy === undefined) return;
  const { mode, nodes = "", flags = [] } = policy;
  const from = "/linux/memoryPolicy";
  if (mode === undefined) {
    if (nodes !== "" || flags.length > 0) issues.invalid(`${from}/mode`, "is required for a memory policy");
    return;
  }
  const mask = maskOf(nodes);
  if (nodes !== "" && mask === undefined)
    issues.invalid(`${from}/nodes`, `${quote(nodes)} is not a list of nodes such as 0-3,6`);
  if (nodes !== "" && withoutNodes.has(mode)) issues.invalid(`${from}/nodes`, `${mode} takes no nodes`);
  if (nodes === "" && !withoutNodes.has(mode) && mode !== "MPOL_PREFERRED")
    issues.invalid(`${from}/nodes`, `is required for ${mode}`);
  draft.add({
    op: "set-memory-policy",
    phase: "drop",
    mode: flags.reduce<number>((sum, flag) => sum | modeFlags[flag], modes[mode]),
    ...(mask === undefined ? {} : { nodes: mask }),
    from,
  });
}
