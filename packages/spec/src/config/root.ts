import { anyPath } from "../values/brands.ts";
import * as z from "../values/zod.ts";

/** The root filesystem: `/root`. */
export const root = z.object({
  path: anyPath,
  readonly: z.boolean().optional(),
});
