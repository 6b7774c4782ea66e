/** One comparison of a system call's argument. */
export interface SeccompArg {
  /** Which argument, 0 to 5. */
  readonly index: number;
  /** The number to compare with; the mask for `SCMP_CMP_MASKED_EQ`. */
  readonly value: number | bigint;
  /** The number the masked argument must equal, for `SCMP_CMP_MASKED_EQ` only. */
  readonly valueTwo?: number | bigint | undefined;
  readonly op: string;
}

/** One entry of `linux.seccomp.syscalls`. */
export interface SeccompSyscall {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number | undefined;
  readonly args?: readonly SeccompArg[] | undefined;
}

/** The part of `linux.seccomp` that the compiler reads; the spec's parsed type fits it. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number | undefined;
  readonly architectures?: readonly string[] | undefined;
  readonly flags?: readonly string[] | undefined;
  readonly listenerPath?: string | undefined;
  readonly listenerMetadata?: string | undefined;
  readonly syscalls?: readonly SeccompSyscall[] | undefined;
}
