import { absolutePath, kernelString } from "../values/brands.ts";
import { safeInteger } from "../values/numbers.ts";
import * as z from "../values/zod.ts";

/** One program that runs at a point of the container's life; `timeout` is in seconds. */
export const hook = z.object({
  path: absolutePath,
  args: z.array(kernelString).optional(),
  env: z.array(kernelString).optional(),
  timeout: safeInteger(1).optional(),
});

/** The hooks by the point at which they run: `/hooks`. */
export const hooks = z.object({
  prestart: z.array(hook).optional(),
  createRuntime: z.array(hook).optional(),
  createContainer: z.array(hook).optional(),
  startContainer: z.array(hook).optional(),
  poststart: z.array(hook).optional(),
  poststop: z.array(hook).optional(),
});
