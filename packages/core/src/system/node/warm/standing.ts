// What a launcher has from the process that starts it, and a container may have from its launcher. A helper that stays has
// it from the moment when it was started: it is of no use once this process has got another.
import { readFileSync } from "node:fs";
import { getPriority } from "node:os";

const lines = /^(?:Umask|Uid|Gid|Groups|NStgid|Cap\w+|NoNewPrivs|Seccomp\w*|Cpus_allowed|Mems_allowed):.*$/gm;

/** All of it, as text; undefined where the kernel does not tell. */
export function readStanding(): string | undefined {
  try {
    const read = (name: string): string => readFileSync(`/proc/thread-self/${name}`, "latin1");
    const status = read("status").match(lines)?.join("\n");
    return [status, read("cgroup"), read("limits"), read("oom_score_adj"), getPriority()].join("\n");
  } catch {
    return undefined;
  }
}
