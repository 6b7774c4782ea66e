import { anyPath, kernelString } from "../../values/brands.ts";
import { uint32, uint64 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";

/** The architectures a profile may name. */
export const seccompArch = z.enum([
  "SCMP_ARCH_X86",
  "SCMP_ARCH_X86_64",
  "SCMP_ARCH_X32",
  "SCMP_ARCH_ARM",
  "SCMP_ARCH_AARCH64",
  "SCMP_ARCH_LOONGARCH64",
  "SCMP_ARCH_M68K",
  "SCMP_ARCH_MIPS",
  "SCMP_ARCH_MIPS64",
  "SCMP_ARCH_MIPS64N32",
  "SCMP_ARCH_MIPSEL",
  "SCMP_ARCH_MIPSEL64",
  "SCMP_ARCH_MIPSEL64N32",
  "SCMP_ARCH_PPC",
  "SCMP_ARCH_PPC64",
  "SCMP_ARCH_PPC64LE",
  "SCMP_ARCH_S390",
  "SCMP_ARCH_S390X",
  "SCMP_ARCH_SH",
  "SCMP_ARCH_SHEB",
  "SCMP_ARCH_PARISC",
  "SCMP_ARCH_PARISC64",
  "SCMP_ARCH_RISCV64",
]);

/** What a matching rule does. */
export const seccompAction = z.enum([
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
  "SCMP_ACT_NOTIFY",
]);

/** Flags of seccomp(2). */
export const seccompFlag = z.enum([
  "SECCOMP_FILTER_FLAG_TSYNC",
  "SECCOMP_FILTER_FLAG_LOG",
  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
]);

/** How a system call's argument is compared. */
export const seccompOperator = z.enum([
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
]);

const syscallArg = z.object({
  index: uint32(),
  value: uint64(),
  valueTwo: uint64().optional(),
  op: seccompOperator,
});

const syscall = z.object({
  names: z.array(kernelString).min(1),
  action: seccompAction,
  errnoRet: uint32().optional(),
  args: z.array(syscallArg).optional(),
});

/** The seccomp profile: `/linux/seccomp`. */
export const seccomp = z.object({
  defaultAction: seccompAction,
  defaultErrnoRet: uint32().optional(),
  architectures: z.array(seccompArch).optional(),
  flags: z.array(seccompFlag).optional(),
  listenerPath: anyPath.optional(),
  listenerMetadata: kernelString.optional(),
  syscalls: z.array(syscall).optional(),
});
