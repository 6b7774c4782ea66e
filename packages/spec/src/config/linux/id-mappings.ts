import { uint32 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

/** One range of ids: `/linux/uidMappings/*`, and of idmapped mounts. */
export const idMapping = z.object({
  containerID: uint32(),
  hostID: uint32(),
  size: uint32(),
});
