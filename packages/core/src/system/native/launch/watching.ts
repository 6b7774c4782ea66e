// Reading what a supervisor tells of a program.
import type { Watcher } from "../../port.ts";
import { checkedNumber } from "../node/errno.ts";

/** A program asks for many names in a row. Each would wake the reader, which then takes the processor from the program. */
const longestRestMs = 2;
/** What a program has left behind can ask without end, and its supervisor tells that too. */
const mostReads = 64;
const mostBytes = 65_536;

/** Reads for a watcher from its socket: seldom while the program runs, and at the end what was sent until then. */
export function makeWatching(socket: number | undefined, watcher: Watcher | undefined) {
  const into = new Uint8Array(socket === undefined ? 0 : mostBytes);
  let open = socket;
  let restsUntil = 0;
  const close = (): void => {
    if (open !== undefined) host.close(open);
    open = undefined;
  };
  const read = (fd: number): void => {
    const count = checkedNumber(host.read(fd, into, 0, into.length), "read");
    if (count === 0) close();
    else watcher?.take(into.subarray(0, count));
    restsUntil = host.clock(1) + longestRestMs;
  };
  const isResting = (): boolean => open !== undefined && restsUntil > host.clock(1);
  return {
    /** How long nothing is read; without end where nobody has to be woken for that. */
    restMs: (): number => (isResting() ? restsUntil - host.clock(1) : Number.POSITIVE_INFINITY),
    /** What is to be waited for. */
    fds: (): readonly number[] => (open === undefined || isResting() ? [] : [open]),
    /** Reads, if that descriptor is the watcher's. */
    take(fd: number): boolean {
      if (fd !== open) return false;
      read(fd);
      return true;
    },
    /** Reads what is there, and nothing that comes later. */
    end(): void {
      for (let left = mostReads; left > 0 && open !== undefined; left--) {
        if (host.poll(Int32Array.of(open), 0) !== 1) break;
        read(open);
      }
      close();
    },
  };
}
