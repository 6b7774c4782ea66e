import { kernelString } from "../../values/brands.ts";
import * as z from "../../values/zod.ts";

/** Cache and memory bandwidth through resctrl: `/linux/intelRdt`. */
export const intelRdt = z.object({
  closID: kernelString.optional(),
  schemata: z.array(kernelString).optional(),
  l3CacheSchema: kernelString.optional(),
  memBwSchema: kernelString.regex(/^MB:[^\n]*$/).optional(),
  enableMonitoring: z.boolean().optional(),
});
