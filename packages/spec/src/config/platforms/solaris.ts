import * as z from "../../values/zod.ts";

const anet = z.object({
  linkname: z.string().optional(),
  lowerLink: z.string().optional(),
  allowedAddress: z.string().optional(),
  configureAllowedAddress: z.string().optional(),
  defrouter: z.string().optional(),
  macAddress: z.string().optional(),
  linkProtection: z.string().optional(),
});

/** The Solaris section, read but never carried out: `/solaris`. */
export const solaris = z.object({
  milestone: z.string().optional(),
  limitpriv: z.string().optional(),
  maxShmMemory: z.string().optional(),
  cappedCPU: z.object({ ncpus: z.string().optional() }).optional(),
  cappedMemory: z.object({ physical: z.string().optional(), swap: z.string().optional() }).optional(),
  anet: z.array(anet).optional(),
});
