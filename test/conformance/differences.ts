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
    fact: /^(mount|root) \/?(etc|tmp)/,
    row: /masked/,
    reason: "as above, for a masked directory of the image",
  },
  {
    fact: /^(mount|root|dev|extra (dir|stat)) /,
    row: /^masked: /,
    reason: "as above, for everything else that can be masked",
  },
  {
    fact: /^mount \/mnt\/sub#2$/,
    row: /^read-only: a bind with a tree beneath$/,
    reason: "a read-only path has no part that can be written to",
  },
  {
    fact: /^mount \/mnt#2$/,
    row: /^read-only: a shared bind$/,
    reason: "what covers a read-only path is a slave of it. Here runc and crun differ, too",
  },
  {
    fact: /^mount \/mnt$/,
    row: /restricted on the host, with a word$/,
    reason: "a word takes away nothing that it does not name",
  },
  {
    fact: /^mount \/tmp$/,
    row: /^a root that is slave, with a bind of each kind$/,
    reason: "a bind is a peer of the host's mount only where the config says so of the root, too",
  },
  {
    fact: /^mount \/#\d$/,
    row: /the root is masked/,
    reason: "a mount over the root hides nothing from a process whose root lies beneath it: a warning says so",
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
    reason: "where only crun runs it: crun links /dev/core also where there is no /proc/kcore",
  },
  {
    fact: /^mount \/(mnt|own|home|dev|sys)(#2)?$/,
    row: /tmpfs|no \/sys$|\/dev of the host$|\/dev without/,
    reason: "a tmpfs without a mode takes that of its mount point, as in runc, but by fchmod(2): it is no mount option",
  },
  {
    fact: /^terminal$/,
    row: /terminal with locked mounts/,
    reason:
      "the terminal was opened before, by its other end (R5), on a mount whose place a locked copy has taken: /dev/pts names it, /proc/self/fd does not",
  },
  {
    fact: /^mount \/dev\/zero$/,
    row: /in a user namespace$/,
    reason: "the host's device is bound, and nothing on it is a program or sets ids: the mount says so",
  },
  {
    fact: /^mount \/dev\/(x|d\/x|fuse|net\/tun|null(#2)?)$/,
    row: /^a device: (.*, in a user namespace|the devices of a phone)$/,
    reason: "runc lacks the device. crun binds a node of its own; the node is in /dev itself, which the launcher makes",
  },
  {
    fact: /^owner of stream/,
    row: /does not begin at 0$/,
    reason: "only crun runs it, which changes no owner where root is not mapped",
  },
  {
    fact: /devices\.list$/,
    reason: "/dev/net/tun (10:200) is not allowed unless the config asks for it",
  },
];
