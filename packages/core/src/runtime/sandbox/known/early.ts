// A launcher that begins while the host is asked whether its sandbox is as it was. It gets the plan that is kept. Before it does
// anything that others could notice, it waits for a word. Without the word it takes everything back, however its caller ends.
import { SystemError } from "../../../system/error.ts";
import type { AheadLaunch, LaunchLock, LaunchSetup, System } from "../../../system/port.ts";

/** Hears of a sandbox that is probably known, before the host is asked. */
export interface Early {
  /** It has that tree. */
  begin(tree: string): void;
  /** It has that plan. */
  send(plan: Uint8Array): void;
}

/** What becomes of the launcher. */
export interface EarlyLauncher extends Early {
  /** Gives the launcher of a sandbox that is known, and ends that of another. Undefined without one. */
  take(isKnown: boolean): Promise<LaunchLock | undefined>;
}

/** Prepares for a launcher with that setup, whose sandbox has that tree. */
export function makeEarly(
  { launchAhead }: Pick<System, "launchAhead">,
  tree: string,
  setup: LaunchSetup,
): EarlyLauncher {
  let started: AheadLaunch | undefined;
  let failure: unknown;
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      failure ??= error;
    }
  };
  return {
    begin(found) {
      if (found !== tree) return;
      attempt(() => {
        started = launchAhead?.(setup);
      });
    },
    send: (plan) => attempt(() => started?.send(plan)),
    async take(isKnown) {
      const [launcher, error] = [started, failure];
      [started, failure] = [undefined, undefined];
      if (isKnown && error === undefined) return launcher;
      await launcher?.release().catch(() => {});
      // What keeps the launcher from starting, the launch itself tells. Without a launch, another error may be on its way.
      if (isKnown && !SystemError.is(error)) throw error;
      return undefined;
    },
  };
}
