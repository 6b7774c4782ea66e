// A launcher that begins while the host is asked whether its sandbox is as it was. It gets the plan that is kept. Before it does
// anything that others could notice, it waits for a word. Without the word it takes everything back, however its caller ends.
import { SystemError } from "../../../system/error.ts";
import type { AheadLaunch, LaunchLock, LaunchSetup, System } from "../../../system/port.ts";

/** Hears of a sandbox while it is prepared. */
export interface Early {
  /** Its plan may be one that is kept, and its tree is probably the working directory. */
  begin(): void;
  /** It probably has that tree and that plan. */
  send(tree: string, plan: Uint8Array): void;
}

/** A sandbox that was prepared. */
export interface Ready {
  readonly tree: string;
  /** It has the plan that was sent. */
  readonly isKnown: boolean;
}

/** What becomes of the launcher. */
export interface EarlyLauncher extends Early {
  /** Gives the launcher, if it can be that sandbox's, and ends it otherwise. Undefined without one. */
  take(ready: Ready | undefined): Promise<LaunchLock | undefined>;
}

/** Prepares for a launcher with that setup, whose sandbox has that tree. */
export function makeEarly(
  { launchAhead }: Pick<System, "launchAhead">,
  tree: string,
  setup: LaunchSetup,
): EarlyLauncher {
  let started: AheadLaunch | undefined;
  let failure: unknown;
  let isSent = false;
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      failure ??= error;
    }
  };
  return {
    begin: () =>
      attempt(() => {
        started = launchAhead?.(setup);
      }),
    send(found, plan) {
      if (found !== tree) return;
      isSent = true;
      attempt(() => started?.send(plan));
    },
    async take(ready) {
      const [launcher, error] = [started, failure];
      [started, failure] = [undefined, undefined];
      if (ready?.tree === tree && ready.isKnown === isSent && error === undefined) return launcher;
      await launcher?.release().catch(() => {});
      // What keeps the launcher from starting, the launch itself tells. Without a launch, another error may be on its way.
      if (ready !== undefined && error !== undefined && !SystemError.is(error)) throw error;
      return undefined;
    },
  };
}
