/**
 * What can be given up of the defaults, each by a word of its own: `--unsafe-NAME`, or NAME in the API's `unsafe`. Nothing
 * is imported here: command lines are parsed by it.
 */
export const weakenings = {
  "host-root": "no user namespace: its root is root of the host",
  "host-network": "the host's network",
  "host-pid": "the host's processes",
  "host-ipc": "the host's shared memory and message queues",
  "user-namespaces": "namespaces of its own, as bubblewrap and browsers make them; a sandbox's guards do not hold",
  "no-seccomp": "no seccomp filter",
  "no-masks": "nothing of procfs and sysfs covered",
  "new-privileges": "set-user-id programs work, and a sandbox makes them",
  capabilities: "the fourteen capabilities that Docker gives",
} as const satisfies Readonly<Record<string, string>>;

/** A name of what can be given up. */
export type Weakening = keyof typeof weakenings;
