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

function timeLeft(): number {
  const end = Math.min(...[...waits, ...timers].map((one) => one.end));
  return end === Number.POSITIVE_INFINITY ? -1 : Math.min(0x7fffffff, Math.max(0, Math.ceil(end - host.clock(1))));
}

/** Waits for the host once. False when nothing waits: `main` would never go on. */
export function turnOnce(): boolean {
  if (waits.size === 0 && timers.size === 0) return false;
  const fds = [...waits].flatMap((wait) => [...wait.fds]);
  const bits = host.poll(Int32Array.from(fds), timeLeft());
  // Asked again at once, it would fail again and again.
  if (bits < 0) throw HostError.of(bits, "poll");
  const ready = new Set(fds.filter((_fd, index) => (bits & (1 << index)) !== 0));
  const now = host.clock(1);
  for (const wait of waits) {
    const own = wait.fds.filter((fd) => ready.has(fd));
    if (own.length === 0 && wait.end > now) continue;
    waits.delete(wait);
    wait.resolve(own);
  }
  for (const timer of timers)
    if (timer.end <= now) {
      timers.delete(timer);
      timer.action();
    }
  return true;
}
