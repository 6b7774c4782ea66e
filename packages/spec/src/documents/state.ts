import { mapOf } from "../values/maps.ts";
import { safeInteger } from "../values/numbers.ts";
import * as z from "../values/zod.ts";

/** The state of a container, as hooks and `state` get it. */
export const state = z.object({
  ociVersion: z.string(),
  id: z.string(),
  status: z.enum(["creating", "created", "running", "stopped"]),
  pid: safeInteger(0).optional(),
  bundle: z.string(),
  annotations: mapOf(z.string()).optional(),
});
