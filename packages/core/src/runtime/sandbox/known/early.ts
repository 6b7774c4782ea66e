// A launcher that begins while the host is asked whether its sandbox is known. It has no plan, and so does nothing; without one it
// ends by itself, however its caller ends.
import { SystemError } from "../../../system/error.ts";
import type { LaunchLock, LaunchSetup, System } from "../../../system/port.ts";
import type { Early } from "./known.ts";

/** What becomes of the launcher. */
export interface EarlyLauncher {
  /** Starts the launcher, if the sandbox has the tree of the setup. */
  readonly begin: Early;
  /** Gives the launcher of a sandbox that is known, and ends that of another. Undefined without one. */
  take(isKnown: boolean): Promise<LaunchLock | undefined>;
}

/** Prepares for a launcher with that setup, whose sandbox has that tree. */
export function makeEarly(
  { launchLater }: Pick<System, "launchLater">,
  tree: string,
  setup: LaunchSetup,
): EarlyLauncher {
  let started: Promise<LaunchLock> | undefined;
  return {
    begin(found) {
      if (found === tree) started = launchLater?.(setup);
    },
    async take(isKnown) {
      const pending = started;
      started = undefined;
      try {
        const launcher = await pending;
        if (isKnown) return launcher;
        await launcher?.release();
      } catch (error) {
        // What keeps the launcher from starting, the launch itself tells. Without a launch, another error may be on its way.
        if (isKnown && !SystemError.is(error)) throw error;
      }
      return undefined;
    },
  };
}
