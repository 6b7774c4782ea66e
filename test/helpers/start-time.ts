import { readFileSync } from "node:fs";

/** When a process has started: field 22 of proc_pid_stat(5). */
export function startTimeOf(pid: number): bigint {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0");
}
