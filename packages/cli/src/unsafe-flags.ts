import type { verbs } from "@coffer/core";
import { Flags } from "@oclif/core";

/** What can be given up of the defaults, as core's own table has it, which is not loaded to parse flags. */
export const unsafeDocs: Readonly<Record<verbs.Weakening, string>> = {
  "host-root": "no user namespace: its root is root of the host",
  "host-network": "the host's network",
  "host-pid": "the host's processes",
  "host-ipc": "the host's shared memory and message queues",
  "no-seccomp": "no seccomp filter",
  "no-masks": "nothing of procfs and sysfs covered",
  "new-privileges": "set-user-id programs work",
  capabilities: "the fourteen capabilities that Docker gives",
};

const unsafe = (name: verbs.Weakening) => Flags.boolean({ description: unsafeDocs[name], helpGroup: "UNSAFE" });

/** The flags by which they are given up. */
export const unsafeFlags = {
  "unsafe-host-root": unsafe("host-root"),
  "unsafe-host-network": unsafe("host-network"),
  "unsafe-host-pid": unsafe("host-pid"),
  "unsafe-host-ipc": unsafe("host-ipc"),
  "unsafe-no-seccomp": unsafe("no-seccomp"),
  "unsafe-no-masks": unsafe("no-masks"),
  "unsafe-new-privileges": unsafe("new-privileges"),
  "unsafe-capabilities": unsafe("capabilities"),
};

type UnsafeFlags = Readonly<Record<keyof typeof unsafeFlags, boolean>>;

/** The names that the flags gave up. */
export function readUnsafe(flags: UnsafeFlags): readonly verbs.Weakening[] {
  const names: readonly verbs.Weakening[] = [
    "host-root",
    "host-network",
    "host-pid",
    "host-ipc",
    "no-seccomp",
    "no-masks",
    "new-privileges",
    "capabilities",
  ];
  return names.filter((name) => flags[`unsafe-${name}`]);
}
