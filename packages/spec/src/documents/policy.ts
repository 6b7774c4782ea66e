// What a plan may do: Coffer's own document, strict, since a rule that is misspelled would be a rule that is not kept.
import * as z from "../values/zod.ts";

const name = z.string().min(1);
const names = z.array(name);
const namespace = z.enum(["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"]);
const count = z.int().min(0);
const required = z.literal("required");
/** Absolute; `*` stands for one component, a last `**` for the path itself and all beneath it. */
const pathPattern = z.string().regex(/^\/(?:(?!\.\.(?:\/|$))[^/]+(?:\/(?!\.\.(?:\/|$))[^/]+)*)?$/);

const bind = z.strictObject({
  source: pathPattern,
  readonly: z.boolean().optional(),
  nosuid: z.boolean().optional(),
  nodev: z.boolean().optional(),
  noexec: z.boolean().optional(),
});

const device = z.strictObject({ type: z.enum(["b", "c"]), major: count, minor: count.optional() });

/** A policy. A rule that is absent asks for nothing; one at least is there. */
export const policy = z
  .strictObject({
    version: z.literal(1),
    strict: z.literal(true).optional(),
    userNamespace: required.optional(),
    hostIds: z.strictObject({ from: count, to: count }).optional(),
    namespaces: z
      .strictObject({
        own: z.array(namespace).optional(),
        joined: z.partialRecord(namespace, z.array(pathPattern)).optional(),
      })
      .optional(),
    noNewPrivileges: required.optional(),
    capabilities: z.strictObject({ allowed: z.array(z.string().regex(/^CAP_[A-Z_]+$/)) }).optional(),
    seccomp: z.strictObject({ denied: names.optional(), listener: z.boolean().optional() }).optional(),
    root: z.strictObject({ readonly: required.optional(), sources: z.array(pathPattern).optional() }).optional(),
    mounts: z
      .strictObject({ types: names.optional(), binds: z.array(bind).optional(), links: z.boolean().optional() })
      .optional(),
    egress: z
      .strictObject({
        allowed: names,
        hostPorts: z.array(count.min(1).max(65_535)).optional(),
        publish: z.boolean().optional(),
      })
      .optional(),
    lockedMounts: required.optional(),
    devices: z.strictObject({ allowed: z.array(device) }).optional(),
    hooks: z.strictObject({ allowed: z.array(pathPattern), inside: z.literal(false).optional() }).optional(),
    annotations: z.strictObject({ told: names }).optional(),
    checkpoints: z.strictObject({ configs: z.array(pathPattern) }).optional(),
    sysctls: z.strictObject({ allowed: names }).optional(),
    limits: z.strictObject({ pids: count.min(1).optional(), memory: count.min(1).optional() }).optional(),
    descriptors: z.strictObject({ passed: count }).optional(),
    findings: z.strictObject({ worst: z.enum(["none", "note", "low", "medium", "high"]) }).optional(),
  })
  .refine((value) => Object.keys(value).length > 1, { message: "has no rule" });
