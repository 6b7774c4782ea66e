// The mounts of a sandbox.

import type { HostFacts } from "../../host/facts.ts";
import { home, systemDirs, systemFiles, systemTrees } from "./places.ts";

const mebi = 1024 * 1024;

/** The file systems in memory that can be written, and how large each may become unless said, in bytes. */
export const defaultSizes: Readonly<Record<string, number>> = {
  "/dev": 16 * mebi,
  "/dev/shm": 64 * mebi,
  "/home": 2048 * mebi,
  "/run": 64 * mebi,
  "/tmp": 2048 * mebi,
  "/var/tmp": 512 * mebi,
};

/** A file costs the kernel memory that no size counts: one for this many bytes. */
const bytesPerFile = 4096;

export type Sizes = Readonly<Record<string, number>>;

/** A file system in memory of at most that many bytes. */
export function tmpfs(destination: string, mode: string, size: number, more: readonly string[] = ["nodev"]): object {
  const files = Math.max(64, Math.ceil(size / bytesPerFile));
  const options = ["nosuid", ...more, `mode=${mode}`, `size=${size}`, `nr_inodes=${files}`];
  return { destination, type: "tmpfs", source: "tmpfs", options };
}

/** A bind of what the host has at a path. */
export function bind(path: string, options: readonly string[], source = path) {
  return { destination: path, type: "bind", source, options: ["rbind", "rprivate", ...options] };
}

export const quiet = ["nosuid", "nodev", "noexec"];
export const readonly = ["rro", "rnosuid", "rnodev"];
export const readwrite = ["rw", "rnosuid", "rnodev"];

/** What the sandbox has of its own, besides /proc. */
export function ownMounts(sizes: Sizes): readonly object[] {
  const size = (path: string): number => sizes[path] ?? defaultSizes[path] ?? 0;
  return [
    tmpfs("/dev", "755", size("/dev"), ["strictatime"]),
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
    },
    tmpfs("/dev/shm", "1777", size("/dev/shm"), ["noexec", "nodev"]),
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: quiet },
    tmpfs("/tmp", "1777", size("/tmp")),
    tmpfs("/var/tmp", "1777", size("/var/tmp")),
    tmpfs("/run", "755", size("/run")),
    tmpfs(home, "700", size("/home")),
  ];
}

function isThere(path: string, facts: HostFacts): boolean {
  const kind = facts.paths[path];
  return kind === "dir" || kind === "file";
}

/** What is bound of every host: programs, and the settings that these read. `other`: what the sandbox gets in another way. */
export function systemMounts(facts: HostFacts, other: readonly string[]): readonly object[] {
  const files = [...systemDirs, ...systemFiles].filter(
    (path) => !other.includes(path) && !(path in facts.rootLinks) && isThere(path, facts),
  );
  return [
    ...files.map((path) => bind(path, readonly)),
    ...systemTrees
      .filter((path) => isThere(path, facts))
      .map((path) => bind(path, ["rro", "rnosuid", "rnodev", "rnoexec"])),
  ];
}
