import { kernelString } from "../../values/brands.ts";
import * as z from "../../values/zod.ts";

/** Modes of set_mempolicy(2). */
export const memoryPolicyMode = z.enum([
  "MPOL_DEFAULT",
  "MPOL_BIND",
  "MPOL_INTERLEAVE",
  "MPOL_WEIGHTED_INTERLEAVE",
  "MPOL_PREFERRED",
  "MPOL_PREFERRED_MANY",
  "MPOL_LOCAL",
]);

/** Mode flags of set_mempolicy(2). */
export const memoryPolicyFlag = z.enum(["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]);

/** Where memory comes from on a NUMA machine: `/linux/memoryPolicy`. */
export const memoryPolicy = z.object({
  mode: memoryPolicyMode.optional(),
  nodes: kernelString.optional(),
  flags: z.array(memoryPolicyFlag).optional(),
});
