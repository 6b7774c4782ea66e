import { absolutePath, kernelString } from "../../values/brands.ts";
import { mapOf } from "../../values/maps.ts";
import * as z from "../../values/zod.ts";
import { device, netDevice } from "./devices.ts";
import { idMapping } from "./id-mappings.ts";
import { intelRdt } from "./intel-rdt.ts";
import { memoryPolicy } from "./memory-policy.ts";
import { namespace, timeOffsets } from "./namespaces.ts";
import { personality } from "./personality.ts";
import { resources } from "./resources.ts";
import { seccomp } from "./seccomp.ts";

const rootfsPropagation = z.enum([
  "private",
  "shared",
  "slave",
  "unbindable",
  "rprivate",
  "rshared",
  "rslave",
  "runbindable",
]);

/** The Linux section of the config: `/linux`. */
export const linux = z.object({
  namespaces: z.array(namespace).optional(),
  uidMappings: z.array(idMapping).optional(),
  gidMappings: z.array(idMapping).optional(),
  timeOffsets: timeOffsets.optional(),
  devices: z.array(device).optional(),
  netDevices: mapOf(netDevice).optional(),
  cgroupsPath: kernelString.optional(),
  resources: resources.optional(),
  rootfsPropagation: rootfsPropagation.optional(),
  seccomp: seccomp.optional(),
  sysctl: mapOf(kernelString).optional(),
  maskedPaths: z.array(absolutePath).optional(),
  readonlyPaths: z.array(absolutePath).optional(),
  mountLabel: kernelString.optional(),
  intelRdt: intelRdt.optional(),
  memoryPolicy: memoryPolicy.optional(),
  personality: personality.optional(),
});
