// The loop of the native front: what waits for descriptors or for a time. The engine runs what promises wait for, and calls
// `turn` when nothing can go on without the host.
import { HostError } from "./node/errno.ts";

interface Wait {
  readonly fds: readonly number[];
  readonly end: number;
  readonly resolve: (ready: readonly number[]) => void;
}

interface Timer {
  readonly end: number;
  readonly action: () => void;
}

const waits: Set<Wait> = new Set();
const timers: Set<Timer> = new Set();

/** Waits until one of the descriptors has something or has ended, and gives those; none when the time is over. */
export function awaitReady(fds: readonly number[], timeoutMs?: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : host.clock(1) + timeoutMs;
    waits.add({ fds, end, resolve });
  });
}

export function setTimer(action: () => void, milliseconds = 0): Timer {
  const timer = { end: host.clock(1) + milliseconds, action };
  timers.add(timer);
  return timer;
}

export function clearTimer(timer: Timer | undefined): void {
  if (timer !== undefined) timers.delete(timer);
}

/** Waits until one of the descriptors has something, or until a time; gives those that have something. */
function poll(fds: readonly number[], end: number): readonly number[] {
  const left =
    end === Number.POSITIVE_INFINITY ? -1 : Math.min(0x7fffffff, Math.max(0, Math.ceil(end - host.clock(1))));
  const bits = host.poll(Int32Array.from(fds), left);
  // Asked again at once, it would fail again and again.
  if (bits < 0) throw HostError.of(bits, "poll");
  return fds.filter((_fd, index) => (bits & (1 << index)) !== 0);
}

/** Lets a wait go on if one of its descriptors has something, or its time is over. */
function settle(wait: Wait, ready: readonly number[]): void {
  const own = wait.fds.filter((fd) => ready.includes(fd));
  if (own.length === 0 && wait.end > host.clock(1)) return;
  waits.delete(wait);
  wait.resolve(own);
}

/** Waits for the host once. False when nothing waits: `main` would never go on. */
export function turnOnce(): boolean {
  if (waits.size === 0 && timers.size === 0) return false;
  const [first] = waits;
  // One wait and no timer, as nearly always.
  if (first !== undefined && waits.size === 1 && timers.size === 0) {
    settle(first, poll(first.fds, first.end));
    return true;
  }
  const all = [...waits];
  const fds = all.flatMap((wait) => [...wait.fds]);
  const ready = poll(fds, Math.min(...[...all, ...timers].map((one) => one.end)));
  for (const wait of all) settle(wait, ready);
  const now = host.clock(1);
  for (const timer of timers)
    if (timer.end <= now) {
      timers.delete(timer);
      timer.action();
    }
  return true;
}
