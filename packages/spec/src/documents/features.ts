import { memoryPolicyFlag, memoryPolicyMode } from "../config/linux/memory-policy.ts";
import { namespaceType } from "../config/linux/namespaces.ts";
import { seccompAction, seccompArch, seccompFlag, seccompOperator } from "../config/linux/seccomp.ts";
import { mapOf } from "../values/maps.ts";
import * as z from "../values/zod.ts";

// The 1.3 prose has these fields and its JSON Schema forgot them: their issues say so.
function newer<T extends z.ZodType>(schema: T) {
  return z.transform((input: unknown, payload): z.output<T> => {
    const result = schema.safeParse(input);
    if (result.success) return result.data;
    for (const { message, path } of result.error.issues) {
      payload.issues.push({ code: "custom", input, path: [...path], message, params: { rule: "newer-field" } });
    }
    return z.NEVER;
  });
}

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

const intelRdt = z.object({
  enabled: z.boolean().optional(),
  schemata: newer(z.boolean()).optional(),
  monitoring: newer(z.boolean()).optional(),
});

const memoryPolicy = z.object({
  modes: z.array(memoryPolicyMode).optional(),
  flags: z.array(memoryPolicyFlag).optional(),
});

const linux = z.object({
  namespaces: z.array(namespaceType).optional(),
  capabilities: z.array(z.string().regex(/^CAP_[A-Z_]+$/)).optional(),
  cgroup: cgroup.optional(),
  seccomp: seccomp.optional(),
  apparmor: enabled.optional(),
  selinux: enabled.optional(),
  intelRdt: intelRdt.optional(),
  memoryPolicy: newer(memoryPolicy).optional(),
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
