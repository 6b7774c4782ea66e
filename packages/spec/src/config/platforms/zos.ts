import * as z from "../../values/zod.ts";

const namespace = z.object({
  type: z.enum(["mount", "pid", "uts", "ipc"]),
  path: z.string().optional(),
});

/** The z/OS section, read but never carried out: `/zos`. */
export const zos = z.object({ namespaces: z.array(namespace).optional() });
