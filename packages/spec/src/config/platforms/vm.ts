import { uint32, uint64 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

const hypervisor = z.object({ path: z.string(), parameters: z.array(z.string()).optional() });

const kernel = z.object({
  path: z.string(),
  parameters: z.array(z.string()).optional(),
  initrd: z.string().optional(),
});

const image = z.object({ path: z.string(), format: z.enum(["raw", "qcow2", "vdi", "vmdk", "vhd"]) });

const ioMemory = z.object({ firstGFN: uint64().optional(), firstMFN: uint64(), nrMFNs: uint64() });

const hwConfig = z.object({
  deviceTree: z.string().optional(),
  vcpus: uint32().optional(),
  memory: uint64().optional(),
  dtdevs: z.array(z.string()).optional(),
  iomems: z.array(ioMemory).optional(),
  irqs: z.array(uint32()).optional(),
});

/** The virtual machine section, read but never carried out: `/vm`. */
export const vm = z.object({
  hypervisor: hypervisor.optional(),
  kernel,
  image: image.optional(),
  hwConfig: hwConfig.optional(),
});
