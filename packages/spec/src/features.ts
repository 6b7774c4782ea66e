import { memoryPolicyFlag, memoryPolicyMode } from "./linux/memory-policy.ts";
import { namespaceType } from "./linux/namespaces.ts";
import { seccompAction, seccompArch, seccompFlag, seccompOperator } from "./linux/seccomp.ts";
import { mapOf } from "./maps.ts";
import { z } from "./zod.ts";

const enabled = z.object({ enabled: z.boolean().optional() });

const cgroup = z.object({
  v1: z.boolean().optional(),
  v2: z.boolean().optional(),
  systemd: z.boolean().optional(),
  systemdUser: z.boolean().optional(),
  rdma: z.boolean().optional(),
});

const seccomp = z.object({
  enabled: z.boolean().optional(),
  actions: z.array(seccompAction).optional(),
  operators: z.array(seccompOperator).optional(),
  archs: z.array(seccompArch).optional(),
  knownFlags: z.array(seccompFlag).optional(),
  supportedFlags: z.array(seccompFlag).optional(),
});

const linux = z.object({
  namespaces: z.array(namespaceType).optional(),
  capabilities: z.array(z.string().regex(/^CAP_[A-Z_]+$/)).optional(),
  cgroup: cgroup.optional(),
  seccomp: seccomp.optional(),
  apparmor: enabled.optional(),
  selinux: enabled.optional(),
  intelRdt: enabled.optional(),
  memoryPolicy: z
    .object({ modes: z.array(memoryPolicyMode).optional(), flags: z.array(memoryPolicyFlag).optional() })
    .optional(),
  mountExtensions: z.object({ idmap: enabled.optional() }).optional(),
  netDevices: enabled.optional(),
});

/** What a runtime can do, as `features` prints it. */
export const features = z.object({
  ociVersionMin: z.string(),
  ociVersionMax: z.string(),
  hooks: z.array(z.string()).optional(),
  mountOptions: z.array(z.string()).optional(),
  linux: linux.optional(),
  annotations: mapOf(z.string()).optional(),
  potentiallyUnsafeConfigAnnotations: z.array(z.string()).optional(),
});
