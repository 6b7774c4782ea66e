// Where coffer is deliberately other than runc and crun, and why. Each entry must be met by some row.

export type Difference = {
  /** Which facts: the name as `flatten` gives it. */
  readonly fact: RegExp;
  /** Which rows; every row without it. */
  readonly row?: RegExp;
  readonly reason: string;
};

/** The deliberate differences. */
export const differences: readonly Difference[] = [
  {
    fact: /^mount \/(proc|sys)\//,
    reason: "masks are of a read-only file system that the runtime made (R5), not of the container's /dev/null",
  },
  {
    fact: /^(mount|root) \/?etc/,
    row: /masked paths/,
    reason: "as above, for a masked directory of the image",
  },
  {
    fact: /^mount \/sys$/,
    reason: "as in crun, a read-only mount of a new file system leaves its superblock as it is",
  },
  {
    fact: /^mount \/dev$/,
    row: /^no \/dev$/,
    reason: "/dev is always the runtime's own tmpfs unless the config binds one there (R3)",
  },
  {
    fact: /^dev core$/,
    row: /^time offsets$/,
    reason: "only crun runs it, which links /dev/core also where there is no /proc/kcore",
  },
  {
    fact: /^mount \/(mnt|own)$/,
    row: /tmpfs/,
    reason: "a tmpfs without a mode takes that of its mount point, as in runc, but by fchmod(2): it is no mount option",
  },
  {
    fact: /^terminal$/,
    row: /terminal with locked mounts/,
    reason:
      "the terminal was opened before, by its other end (R5), on a mount whose place a locked copy has taken: /dev/pts names it, /proc/self/fd does not",
  },
  {
    fact: /devices\.list$/,
    reason: "/dev/net/tun (10:200) is not allowed unless the config asks for it",
  },
];
