import { uint16, uint32, uint64 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

const device = z.object({ id: z.string(), idType: z.enum(["class"]) });

const affinity = z.object({ mask: uint64().optional(), group: uint32().optional() });

const cpu = z.object({
  count: uint64().optional(),
  shares: uint16().optional(),
  maximum: uint16().optional(),
  affinity: affinity.optional(),
});

const storage = z.object({ iops: uint64().optional(), bps: uint64().optional(), sandboxSize: uint64().optional() });

const resources = z.object({
  memory: z.object({ limit: uint64().optional() }).optional(),
  cpu: cpu.optional(),
  storage: storage.optional(),
});

const network = z.object({
  endpointList: z.array(z.string()).optional(),
  allowUnqualifiedDNSQuery: z.boolean().optional(),
  DNSSearchList: z.array(z.string()).optional(),
  networkSharedContainerName: z.string().optional(),
  networkNamespace: z.string().optional(),
});

/** The Windows section, read but never carried out: `/windows`. */
export const windows = z.object({
  layerFolders: z.array(z.string()).min(1),
  devices: z.array(device).optional(),
  resources: resources.optional(),
  network: network.optional(),
  credentialSpec: z.looseObject({}).optional(),
  servicing: z.boolean().optional(),
  ignoreFlushesDuringBoot: z.boolean().optional(),
  hyperv: z.object({ utilityVMPath: z.string().optional() }).optional(),
});
