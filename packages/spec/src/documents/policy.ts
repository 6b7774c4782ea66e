// What a plan may do: Coffer's own document, strict, since a rule that is misspelled would be a rule that is not kept.
import * as z from "../values/zod.ts";

const name = z.string().min(1);
const names = z.array(name);
const namespace = z.enum(["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"]);
const count = z.int().min(0);
// One schema of each kind for all fields: each takes memory of the native front.
const flag = z.boolean().optional();
const someNames = names.optional();
const isRequired = z.literal("required").optional();
/** Absolute; `*` stands for one component, a last `**` for the path itself and all beneath it. */
const pathPattern = z.string().regex(/^\/(?:(?!\.\.(?:\/|$))[^/]+(?:\/(?!\.\.(?:\/|$))[^/]+)*)?$/);
const somePaths = z.array(pathPattern);
const paths = somePaths.optional();

const bind = z.strictObject({
  source: pathPattern,
  readonly: flag,
  nosuid: flag,
  nodev: flag,
  noexec: flag,
});

const device = z.strictObject({ type: z.enum(["b", "c"]), major: count, minor: count.optional() });

/** A policy. A rule that is absent asks for nothing; one at least is there. */
export const policy = z
  .strictObject({
    version: z.literal(1),
    strict: z.literal(true).optional(),
    userNamespace: isRequired,
    hostIds: z.strictObject({ from: count, to: count }).optional(),
    namespaces: z
      .strictObject({
        own: z.array(namespace).optional(),
        joined: z.partialRecord(namespace, somePaths).optional(),
      })
      .optional(),
    noNewPrivileges: isRequired,
    capabilities: z.strictObject({ allowed: z.array(z.string().regex(/^CAP_[A-Z_]+$/)) }).optional(),
    seccomp: z.strictObject({ denied: someNames, listener: flag }).optional(),
    root: z.strictObject({ readonly: isRequired, sources: paths }).optional(),
    mounts: z.strictObject({ types: someNames, binds: z.array(bind).optional(), links: flag }).optional(),
    egress: z
      .strictObject({
        allowed: names,
        hostPorts: z.array(count.min(1).max(65_535)).optional(),
        publish: flag,
        userNetwork: flag,
      })
      .optional(),
    lockedMounts: isRequired,
    devices: z.strictObject({ allowed: z.array(device) }).optional(),
    hooks: z.strictObject({ allowed: somePaths, inside: z.literal(false).optional() }).optional(),
    annotations: z.strictObject({ told: names }).optional(),
    checkpoints: z.strictObject({ configs: somePaths }).optional(),
    sysctls: z.strictObject({ allowed: names }).optional(),
    limits: z.strictObject({ pids: count.min(1).optional(), memory: count.min(1).optional() }).optional(),
    descriptors: z.strictObject({ passed: count }).optional(),
    findings: z.strictObject({ worst: z.enum(["none", "note", "low", "medium", "high"]) }).optional(),
  })
  .refine((value) => Object.keys(value).length > 1, { message: "has no rule" });
