import { permissions, uint8 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

const sharing = z.enum(["disable", "new", "inherit"]);
const sharingNoDisable = z.enum(["new", "inherit"]);

const allow = z.object({
  setHostname: z.boolean().optional(),
  rawSockets: z.boolean().optional(),
  chflags: z.boolean().optional(),
  mount: z.array(z.string()).optional(),
  quotas: z.boolean().optional(),
  socketAf: z.boolean().optional(),
  mlock: z.boolean().optional(),
  reservedPorts: z.boolean().optional(),
  suser: z.boolean().optional(),
});

const jail = z.object({
  parent: z.string().optional(),
  host: sharingNoDisable.optional(),
  ip4: sharing.optional(),
  ip4Addr: z.array(z.string()).optional(),
  ip6: sharing.optional(),
  ip6Addr: z.array(z.string()).optional(),
  vnet: sharingNoDisable.optional(),
  interface: z.string().optional(),
  vnetInterfaces: z.array(z.string()).optional(),
  sysvmsg: sharing.optional(),
  sysvsem: sharing.optional(),
  sysvshm: sharing.optional(),
  enforceStatfs: uint8().optional(),
  allow: allow.optional(),
});

/** The FreeBSD section, read but never carried out: `/freebsd`. */
export const freebsd = z.object({
  devices: z.array(z.object({ path: z.string().optional(), mode: permissions().optional() })).optional(),
  jail: jail.optional(),
});
