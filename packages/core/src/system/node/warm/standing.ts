// What a launcher has from the process that starts it, and a container may have from its launcher. A helper that stays has
// it from the moment when it was started: it is of no use once this process has got another.
import { openSync, readSync } from "node:fs";
import { getPriority } from "node:os";
import { ownFds } from "../files/hold.ts";

const lines = /^(?:Umask|Uid|Gid|Groups|NStgid|Cap\w+|NoNewPrivs|Seccomp\w*|Cpus_allowed|Mems_allowed):.*$/gm;
const names = ["status", "cgroup", "limits", "oom_score_adj"] as const;

/** They are kept open: the kernel writes them again for each read from the beginning. */
let opened: readonly number[] | undefined;
const buffer = Buffer.alloc(65536);

function open(): readonly number[] {
  const fds = names.map((name) => openSync(`/proc/thread-self/${name}`, "r"));
  for (const fd of fds) ownFds.add(fd);
  return fds;
}

function read(fd: number): string {
  const size = readSync(fd, buffer, 0, buffer.length, 0);
  if (size === buffer.length) throw new RangeError("too long");
  return buffer.toString("latin1", 0, size);
}

/** All of it, as text; undefined where the kernel does not tell. */
export function readStanding(): string | undefined {
  try {
    opened ??= open();
    const [status = "", ...rest] = opened.map(read);
    return [...(status.match(lines) ?? []), ...rest, getPriority()].join("\n");
  } catch {
    return undefined;
  }
}
