// In the place of verbs/sandbox/listening.ts: this front has no streams. Who reads slowly lets the command wait here too, as what is
// written is written at once.
import type { RunningSandbox } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";
import type { Heard } from "../verbs/sandbox/listening.ts";

/** Passes standard error on, and listens. */
export function listen({ launch }: RunningSandbox): Heard | undefined {
  const listener = verbs.makeListener();
  const ended = launch.hear?.((chunk) => {
    listener.take(chunk);
    process.stderr.write(chunk);
  });
  return ended && { complaints: () => listener.complaints(), ended };
}
