import { kernelString } from "../../values/brands.ts";
import * as z from "../../values/zod.ts";

/** The execution domain: `/linux/personality`. */
export const personality = z.object({
  domain: z.enum(["LINUX", "LINUX32"]).optional(),
  flags: z.array(kernelString).optional(),
});
