// The tree of mounts
import type { Row } from "./row.ts";
import { bind, fileBind, tmpfs, writable } from "./row.ts";

/** The tree of mounts. */
export const mountRows: readonly Row[] = [
  { title: "a bind", patch: { "/mounts/-": bind("/mnt") }, facts: ["+dir", "/mnt"] },
  { title: "a read-only bind", patch: { "/mounts/-": bind("/mnt", "ro") } },
  { title: "a bind without devices and programs", patch: { "/mounts/-": bind("/mnt", "nosuid", "nodev", "noexec") } },
  {
    title: "a recursive bind",
    patch: { "/mounts/-": bind("/mnt", "rbind", "ro") },
    before: "mkdir canary/sub; mount -t tmpfs t canary/sub",
  },
  {
    title: "a recursively read-only bind",
    patch: { "/mounts/-": bind("/mnt", "rbind", "rro") },
    before: "mkdir canary/sub; mount -t tmpfs t canary/sub",
  },
  {
    title: "a private bind",
    patch: { "/mounts/-": bind("/mnt", "private") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a slave bind",
    patch: { "/mounts/-": bind("/mnt", "rslave") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a shared bind",
    patch: { "/mounts/-": bind("/mnt", "rshared") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  {
    title: "a bind of a shared mount",
    patch: { "/mounts/-": bind("/mnt") },
    before: "mount --bind canary canary; mount --make-shared canary",
  },
  { title: "an unbindable bind", patch: { "/mounts/-": bind("/mnt", "unbindable") } },
  {
    title: "a file bind on a file",
    patch: { "/mounts/-": fileBind("/etc/motd", "ro") },
    facts: ["+file", "/etc/motd"],
  },
  {
    title: "a file bind on nothing",
    patch: { ...writable, "/mounts/-": fileBind("/etc/made") },
    facts: ["+dir", "/etc"],
  },
  {
    title: "a bind on a deep missing directory",
    patch: { ...writable, "/mounts/-": bind("/opt/a/b") },
    facts: ["+stat", "/opt/a"],
  },
  {
    title: "a bind through a link inside the image",
    patch: { "/mounts/-": bind("/link/x") },
    before: "mkdir bundle/rootfs/mnt/x; ln -s mnt bundle/rootfs/link",
  },
  {
    title: "a bind through an absolute link",
    patch: { "/mounts/-": bind("/link") },
    before: "ln -s /mnt bundle/rootfs/link",
  },
  { title: "a bind with times", patch: { "/mounts/-": bind("/mnt", "noatime") } },
  {
    title: "a tmpfs",
    patch: { "/mounts/-": tmpfs("/mnt", "size=1024k", "mode=700", "uid=5", "gid=6", "nosuid", "nodev") },
    facts: ["+stat", "/mnt"],
  },
  { title: "a read-only tmpfs", patch: { "/mounts/-": tmpfs("/mnt", "ro", "noexec") } },
  {
    title: "a tmpfs without access times",
    patch: { "/mounts/-": tmpfs("/mnt", "noatime", "nodiratime", "nosymfollow") },
  },
  {
    title: "a tmpfs beneath a tmpfs",
    patch: { "/mounts/-": tmpfs("/mnt"), "/mounts/7": tmpfs("/mnt/inner", "mode=711") },
  },
  {
    title: "a tmpfs on a missing mount point",
    patch: { ...writable, "/mounts/-": tmpfs("/new/deep") },
    facts: ["+stat", "/new/deep", "+stat", "/new"],
  },
  {
    title: "a tmpfs on a mount point with a mode",
    patch: { "/mounts/-": tmpfs("/link") },
    before: "mkdir bundle/rootfs/own; chmod 2751 bundle/rootfs/own; ln -s own bundle/rootfs/link",
    facts: ["+stat", "/own"],
  },
  {
    title: "a tmpfs that begins with what it covers",
    patch: { "/mounts/-": tmpfs("/etc", "tmpcopyup", "mode=755") },
    facts: ["+dir", "/etc", "+stat", "/etc/motd"],
  },
  { title: "a read-only /dev", patch: { "/mounts/1/options": ["ro", "nosuid", "strictatime", "mode=755"] } },
  { title: "no /dev", patch: { "/mounts": [{ destination: "/proc", type: "proc", source: "proc" }] } },
  { title: "a proc that hides pids", patch: { "/mounts/0/options": ["hidepid=2", "nosuid", "nodev", "noexec"] } },
  {
    title: "the host's sysfs bound",
    patch: { "/mounts/5": { destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro", "nosuid"] } },
  },
  {
    title: "a cgroup mount (v2)",
    patch: {
      "/mounts/-": {
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
      },
    },
    facts: ["+stat", "/sys/fs/cgroup/cgroup.procs"],
  },
  { title: "no masked or read-only paths", patch: { "/linux/maskedPaths": [], "/linux/readonlyPaths": [] } },
  {
    title: "masked paths that do not exist",
    patch: { "/linux/maskedPaths": ["/nowhere", "/proc/kcore", "/etc"] },
    facts: ["+dir", "/etc"],
  },
  { title: "a read-only path", patch: { ...writable, "/linux/readonlyPaths": ["/home", "/nowhere"] } },
  { title: "a private root", patch: { "/linux/rootfsPropagation": "private" } },
  { title: "a slave root", patch: { "/linux/rootfsPropagation": "slave" } },
  { title: "a shared root", patch: { "/linux/rootfsPropagation": "shared" } },
];
