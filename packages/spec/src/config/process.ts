import { absolutePath, kernelString } from "../values/brands.ts";
import { int32, safeInteger, uint32, uint64 } from "../values/numbers.ts";
import * as z from "../values/zod.ts";

const consoleSize = z.object({ height: safeInteger(0), width: safeInteger(0) });

const user = z.object({
  uid: uint32().optional(),
  gid: uint32().optional(),
  umask: uint32().optional(),
  additionalGids: z.array(uint32()).optional(),
  username: kernelString.optional(),
});

const capabilities = z.object({
  bounding: z.array(kernelString).optional(),
  permitted: z.array(kernelString).optional(),
  effective: z.array(kernelString).optional(),
  inheritable: z.array(kernelString).optional(),
  ambient: z.array(kernelString).optional(),
});

const rlimit = z.object({
  type: kernelString.regex(/^RLIMIT_[A-Z]+$/),
  soft: uint64(),
  hard: uint64(),
});

const ioPriority = z.object({
  class: z.enum(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]),
  priority: int32().optional(),
});

const schedulerPolicy = z.enum([
  "SCHED_OTHER",
  "SCHED_FIFO",
  "SCHED_RR",
  "SCHED_BATCH",
  "SCHED_ISO",
  "SCHED_IDLE",
  "SCHED_DEADLINE",
]);

const schedulerFlag = z.enum([
  "SCHED_FLAG_RESET_ON_FORK",
  "SCHED_FLAG_RECLAIM",
  "SCHED_FLAG_DL_OVERRUN",
  "SCHED_FLAG_KEEP_POLICY",
  "SCHED_FLAG_KEEP_PARAMS",
  "SCHED_FLAG_UTIL_CLAMP_MIN",
  "SCHED_FLAG_UTIL_CLAMP_MAX",
]);

const scheduler = z.object({
  policy: schedulerPolicy,
  nice: int32().optional(),
  priority: int32().optional(),
  flags: z.array(schedulerFlag).optional(),
  runtime: uint64().optional(),
  deadline: uint64().optional(),
  period: uint64().optional(),
});

const cpuList = kernelString.regex(/^[0-9, -]*$/);

const execCPUAffinity = z.object({
  initial: cpuList.optional(),
  final: cpuList.optional(),
});

/** What runs in the container and as whom: `/process`, and the whole document that `exec --process` takes. */
export const process = z.object({
  terminal: z.boolean().optional(),
  consoleSize: consoleSize.optional(),
  cwd: absolutePath,
  env: z.array(kernelString).optional(),
  args: z.array(kernelString).optional(),
  commandLine: kernelString.optional(),
  user: user.optional(),
  capabilities: capabilities.optional(),
  rlimits: z.array(rlimit).optional(),
  noNewPrivileges: z.boolean().optional(),
  apparmorProfile: kernelString.optional(),
  selinuxLabel: kernelString.optional(),
  oomScoreAdj: safeInteger().optional(),
  ioPriority: ioPriority.optional(),
  scheduler: scheduler.optional(),
  execCPUAffinity: execCPUAffinity.optional(),
});
