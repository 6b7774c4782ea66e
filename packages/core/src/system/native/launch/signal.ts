// What is done to a container's init without a launcher.
import type { Report } from "../../../wire/report/report.ts";
import { decodeReports } from "../../../wire/report/report.ts";
import { toNode } from "../text.ts";

/** Sends a signal to a process, found by its number and by the inode of its pidfd. False if this has failed. */
export function signalProcess(pid: number, inode: bigint, signal: number): boolean {
  return host.signal(pid, inode, signal) === 0;
}

/**
 * Lets a created container go on, found by the number of its init and by the inode of the pidfd. Undefined if nothing was done.
 */
export function letGo(
  state: string,
  { pid, inode }: { readonly pid: number; readonly inode: bigint },
  timeoutMs: number,
): Report | undefined {
  const record = host.letGo(toNode(state), pid, inode, timeoutMs);
  return typeof record === "number" ? undefined : decodeReports(record)[0];
}
