import { absolutePath } from "../../values/brands.ts";
import { int64, uint32 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

/** The kinds of namespace, in the spec's words. */
export const namespaceType = z.enum(["mount", "pid", "network", "uts", "ipc", "user", "cgroup", "time"]);

/** A namespace to make, or with a path one to join: `/linux/namespaces/*`. */
export const namespace = z.object({
  type: namespaceType,
  path: absolutePath.optional(),
});

const clockOffset = z.object({
  secs: int64().optional(),
  nanosecs: uint32().optional(),
});

/** Offsets of the clocks in a new time namespace: `/linux/timeOffsets`. */
export const timeOffsets = z.object({
  boottime: clockOffset.optional(),
  monotonic: clockOffset.optional(),
});
