import type { Features } from "@coffer/spec";
import { supportedActions, supportedFlags } from "../seccomp/index.ts";

type SeccompFeatures = NonNullable<NonNullable<Features["linux"]>["seccomp"]>;

const actions = [
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
  "SCMP_ACT_NOTIFY",
] as const;

const flags = [
  "SECCOMP_FILTER_FLAG_TSYNC",
  "SECCOMP_FILTER_FLAG_LOG",
  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
] as const;

/** What the seccomp compiler carries out, as `features` tells it. */
export const seccompFeatures: SeccompFeatures = {
  enabled: true,
  actions: actions.filter((action) => supportedActions.includes(action)),
  operators: [
    "SCMP_CMP_NE",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_EQ",
    "SCMP_CMP_GE",
    "SCMP_CMP_GT",
    "SCMP_CMP_MASKED_EQ",
  ],
  archs: [
    "SCMP_ARCH_X86",
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X32",
    "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_RISCV64",
  ],
  knownFlags: [...flags],
  supportedFlags: flags.filter((flag) => supportedFlags.includes(flag)),
};
