// The images that a checkpoint may have. CRIU looks for each by its name, and for those of older versions if a new one is
// missing. An image that is not known here would decide something that nobody has looked at.
import { ImageError } from "./image-error.ts";

/** What CRIU 4 writes of a container, by process, namespace or inode. What belongs to a network namespace is not read back. */
const known = [
  /^(?:inventory|pstree|files|seccomp|cgroup|remap-fpath|filelocks|cpuinfo|memfd)$/,
  /^(?:pipes-data|fifo-data|sk-queues|tty-info|tty-data)$/,
  /^(?:core|ids|mm|fs|fdinfo|pagemap|pagemap-shmem|pages)-\d+$/,
  /^(?:mountpoints|userns|utsns|timens|pidns|ipcns-var|ipcns-shm|ipcns-msg|ipcns-sem)-\d+$/,
  /^(?:netdev|ifaddr|route|route6|rule|iptables|ip6tables|nftables|netns|netns-ct|netns-exp)-\d+$/,
  /^(?:ghost-file|tcp-stream)-[0-9a-f]+$/,
];
const suffix = ".img";

/** The archive of a tmpfs, by its device number as the images have it. */
const archive = /^tmpfs-dev-(0|[1-9]\d*)\.tar\.gz\.img$/;

/** The device number of an archive; undefined for another file. */
export function archiveDevice(name: string): number | undefined {
  const digits = archive.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The id of a ghost file. */
export function ghostName(id: number): string {
  return `ghost-file-${id.toString(16)}${suffix}`;
}

/**
 * Refuses images of other names. Logs, statistics and the like are no images.
 *
 * @throws {ImageError}
 */
export function checkNames(names: readonly string[]): void {
  for (const name of names) {
    const isImage = name.endsWith(suffix);
    const stem = name.slice(0, -suffix.length);
    if (isImage && archiveDevice(name) === undefined && !known.some((one) => one.test(stem)))
      throw new ImageError(`${name}: no container's checkpoint has that image`);
  }
}
