import { anyPath, kernelString } from "../../values/brands.ts";
import { safeInt64, uint32 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

// Engines put st_mode here whole. The type is given by `type`, so only the permission bits are kept.
const fileMode = uint32().transform((mode) => mode & 0o7777);

/** A device node to make: `/linux/devices/*`. */
export const device = z.object({
  type: kernelString.regex(/^[cbup]$/),
  path: anyPath,
  major: safeInt64().optional(),
  minor: safeInt64().optional(),
  fileMode: fileMode.optional(),
  uid: uint32().optional(),
  gid: uint32().optional(),
});

/** A rule on which devices may be used: `/linux/resources/devices/*`. */
export const deviceRule = z.object({
  allow: z.boolean(),
  type: kernelString.optional(),
  major: safeInt64().optional(),
  minor: safeInt64().optional(),
  access: kernelString.optional(),
});

/** A host network device to move in, by its name as the key: `/linux/netDevices/*`. */
export const netDevice = z.object({
  name: kernelString.optional(),
});
