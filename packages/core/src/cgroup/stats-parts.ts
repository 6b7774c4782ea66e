// What is read of cgroups, of whichever version.

/** A limit and a use of it. */
export interface UsageStats {
  readonly limit: bigint;
  readonly usage?: bigint | undefined;
  readonly max?: bigint | undefined;
  readonly failcnt: bigint;
}

/** A count of a block device. */
export interface DeviceCount {
  readonly major?: bigint | undefined;
  readonly minor?: bigint | undefined;
  readonly op?: string | undefined;
  readonly value?: bigint | undefined;
}

/** What was read; undefined and empty parts are left out. */
export interface CgroupStats {
  readonly cpu: {
    readonly total?: bigint | undefined;
    readonly kernel: bigint;
    readonly user: bigint;
    readonly percpu?: readonly bigint[] | undefined;
    readonly percpuKernel?: readonly bigint[] | undefined;
    readonly percpuUser?: readonly bigint[] | undefined;
    readonly periods?: bigint | undefined;
    readonly throttledPeriods?: bigint | undefined;
    readonly throttledTime?: bigint | undefined;
  };
  readonly cpuset: Readonly<Record<string, bigint | readonly number[] | undefined>>;
  readonly memory: {
    readonly cache?: bigint | undefined;
    readonly usage: UsageStats;
    readonly swap: UsageStats;
    readonly kernel: UsageStats;
    readonly kernelTCP: UsageStats;
    readonly raw?: Readonly<Record<string, bigint>> | undefined;
  };
  readonly pids: { readonly current?: bigint | undefined; readonly limit?: bigint | undefined };
  readonly blkio: Readonly<Record<string, readonly DeviceCount[]>>;
  readonly hugetlb: Readonly<Record<string, Omit<UsageStats, "limit">>>;
}

/** Nothing was counted. */
export const noUsage: UsageStats = { limit: 0n, failcnt: 0n };
