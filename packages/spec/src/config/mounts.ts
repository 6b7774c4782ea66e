import { anyPath, kernelString } from "../values/brands.ts";
import * as z from "../values/zod.ts";
import { idMapping } from "./linux/id-mappings.ts";

/** One mount: `/mounts/*`. The destination may be relative to `/`, as the spec still allows. */
export const mount = z.object({
  destination: anyPath,
  source: anyPath.optional(),
  type: kernelString.optional(),
  options: z.array(kernelString).optional(),
  uidMappings: z.array(idMapping).optional(),
  gidMappings: z.array(idMapping).optional(),
});
