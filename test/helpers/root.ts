// A root directory of its own for a program: nothing of the host is in it but /proc, /sys and the devices.
import { chmodSync, copyFileSync, linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./command.ts";
import { command } from "./command.ts";

const busybox = "/usr/bin/busybox";

/** Makes a root with a static busybox. */
export function makeRoot(root: string): string {
  for (const name of ["bin", "dev", "proc", "sys", "mnt", "old", "run", "usr"])
    mkdirSync(join(root, name), { recursive: true });
  copyFileSync(busybox, join(root, "bin/busybox"));
  chmodSync(join(root, "bin/busybox"), 0o755);
  for (const name of ["sh", "umount", "mount", "mkdir"]) linkSync(join(root, "bin/busybox"), join(root, "bin", name));
  return root;
}

interface How {
  /** Shell lines inside, before the program. */
  readonly before?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program there. It is a root of mounts, not of chroot(2): user namespaces can be made. */
export function runInRoot(
  root: string,
  argv: readonly string[],
  { before = "", env = {} }: How = {},
): Promise<Outcome> {
  const script = `set -e
mount --bind "$0" "$0"
cd "$0"
mount --rbind /proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
pivot_root . old
exec /bin/sh -c 'umount -l /old; mkdir /run/work; cd /run/work; ${before}
exec "$@"' sh "$@"`;
  return command(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, root, ...argv], {
    env,
    timeoutMs: 60_000,
  });
}
