// The root and the file systems that are mounted, without what is bound.
import type { Exposure } from "../../exposure/index.ts";
import type { MountView } from "../../exposure/mounts.ts";
import { isReadonly } from "../../exposure/mounts.ts";
import { attr } from "../../plan/index.ts";
import type { Checks } from "../check.ts";
import { hitIf } from "../check.ts";

/** File systems of which a new one is the container's own, and harmless. */
const ownTypes = [
  "proc",
  "sysfs",
  "tmpfs",
  "ramfs",
  "devpts",
  "mqueue",
  "cgroup",
  "cgroup2",
  "overlay",
  "bind",
  "terminal",
];
/** File systems that show the kernel and the machine. */
const kernelTypes = [
  "debugfs",
  "tracefs",
  "securityfs",
  "configfs",
  "bpf",
  "efivarfs",
  "pstore",
  "devtmpfs",
  "binfmt_misc",
];

const ofTypes = ({ tree }: Exposure, fits: (type: string) => boolean): readonly MountView[] =>
  tree.mounts.filter(({ type }) => fits(type));

export const mountChecks: Checks = {
  "writable-root": {
    severity: "note",
    class: "C read-only lost",
    why: "the container can change its own programs, and those of whoever shares the directory",
    fix: "set /root/readonly",
    test: ({ tree }) =>
      hitIf(
        tree.root !== undefined && (tree.root.own & attr.readonly) === 0,
        { from: "/root/readonly" },
        "the root can be written",
      ),
  },
  "kernel-file-system": {
    severity: "high",
    class: "B sysctl writes",
    why: "it shows the kernel or the machine itself, and what is written there changes the host",
    fix: "leave the mount out",
    test: (exposure) =>
      ofTypes(exposure, (type) => kernelTypes.includes(type)).map(({ type, destination, at }) => ({
        at,
        what: `a ${type} is on ${destination}`,
      })),
  },
  "parsed-file-system": {
    severity: "medium",
    class: "I no policy",
    why: "the kernel parses what is on it, and file system code trusts its disks",
    fix: "mount it on the host, and bind it",
    test: (exposure) =>
      ofTypes(exposure, (type) => !ownTypes.includes(type) && !kernelTypes.includes(type)).map(
        ({ type, destination, at }) => ({ at, what: `a file system of type ${type} is on ${destination}` }),
      ),
  },
  "tmpfs-set-user-id": {
    severity: "low",
    class: "F no_new_privs",
    why: "a program with set-user-id bits can be made there",
    fix: "add nosuid to the mount's options",
    test: (exposure) =>
      ofTypes(exposure, (type) => type === "tmpfs" || type === "ramfs").flatMap(({ own, destination, at }) =>
        hitIf((own & attr.nosuid) === 0 && destination !== "/", at, `the tmpfs on ${destination} is without nosuid`),
      ),
  },
  "tmpfs-unbounded": {
    severity: "note",
    class: "I exhaustion",
    why: "it holds as much of the host's memory as the kernel lets it, half of all unless said",
    fix: "add size= to the mount's options, or limit the memory",
    test: (exposure) =>
      ofTypes(exposure, (type) => type === "tmpfs" || type === "ramfs").flatMap((mount) => {
        const { options, destination, at } = mount;
        const isBounded = isReadonly(mount) || options.some((option) => option.startsWith("size="));
        return hitIf(!isBounded, at, `the tmpfs on ${destination} has no size`);
      }),
  },
};
