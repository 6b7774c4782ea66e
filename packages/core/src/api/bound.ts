// The end that a caller sets to a call: a time, or a signal of the caller's.
import { CofferError } from "../errors.ts";
import type { ProcessRunOptions } from "./options.ts";

/** What ends a call, and why. */
export interface Bound {
  /** Is aborted when the time is over or the caller's signal is, with the reason. */
  readonly signal: AbortSignal;
  isTimedOut(): boolean;
  isCanceled(): boolean;
  /** Sets the time, from now on, where the caller has set none. */
  limit(timeoutMs: number): void;
  /** Waits for neither any more. */
  stop(): void;
}

/** Follows the time and the signal that a caller has set. */
export function makeBound({ timeoutMs: own, signal }: Pick<ProcessRunOptions, "timeoutMs" | "signal">): Bound {
  const controller = new AbortController();
  let isTimedOut = false;
  let isOver = false;
  const expire = (timeoutMs: number): void => {
    if (controller.signal.aborted) return;
    isTimedOut = true;
    controller.abort(new CofferError("E_TIMEOUT", `not started within ${timeoutMs} ms`, { timeoutMs }));
  };
  const start = (timeoutMs: number) =>
    timeoutMs > 0 && timeoutMs < Infinity ? setTimeout(() => expire(timeoutMs), timeoutMs) : undefined;
  const cancel = (): void => controller.abort(signal?.reason);
  let timer = start(own ?? 0);
  signal?.addEventListener("abort", cancel, { once: true });
  return {
    signal: controller.signal,
    isTimedOut: () => isTimedOut,
    isCanceled: () => controller.signal.aborted && !isTimedOut,
    limit: (timeoutMs) => {
      if (own === undefined && !isOver) timer ??= start(timeoutMs);
    },
    stop: () => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}

/** Whether a launch failed because its caller gave it up. */
export function isGivenUp({ signal }: Bound, error: unknown): boolean {
  return signal.aborted && (error === signal.reason || CofferError.is(error, "E_LAUNCH_FAILED"));
}
