import { anyPath } from "./brands.ts";
import * as z from "./zod.ts";

/** The root filesystem: `/root`. */
export const root = z.object({
  path: anyPath,
  readonly: z.boolean().optional(),
});
