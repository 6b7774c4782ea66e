import type { LaunchEvent } from "../../port.ts";

/** A queue with one reader: events come in at any time, `next` gives them out in order. */
export interface EventQueue {
  push(event: LaunchEvent): void;
  next(timeoutMs?: number): Promise<LaunchEvent>;
}

export function makeEventQueue(): EventQueue {
  const events: LaunchEvent[] = [];
  let waiting: ((event: LaunchEvent) => void) | undefined;

  function push(event: LaunchEvent): void {
    if (waiting === undefined) events.push(event);
    else waiting(event);
  }

  function next(timeoutMs?: number): Promise<LaunchEvent> {
    const first = events.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle({ kind: "timeout" }), timeoutMs);
      const settle = (event: LaunchEvent): void => {
        clearTimeout(timer);
        waiting = undefined;
        resolve(event);
      };
      waiting = settle;
    });
  }

  return { push, next };
}
