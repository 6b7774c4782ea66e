/** Sends a signal to a process, found by its number and by the inode of its pidfd. False if this has failed. */
export function signalProcess(pid: number, inode: bigint, signal: number): boolean {
  return host.signal(pid, inode, signal) === 0;
}
