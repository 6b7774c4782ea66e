// What a command complains of on standard error, which passes through here: guesses are made of that.
import type { RunningSandbox } from "@coffer/core/verbs";
import * as verbs from "@coffer/core/verbs";

export interface Heard {
  /** Lines about files, so far. */
  readonly complaints: () => Parameters<RunningSandbox["explain"]>[0];
  /** Until standard error has ended. */
  readonly ended: Promise<void>;
}

/** Passes standard error on, and listens. */
export function listen(running: RunningSandbox): Heard | undefined {
  const { stderr } = running.launch;
  if (stderr === undefined) return undefined;
  const listener = verbs.makeListener();
  const ended = new Promise<void>((resolve) => void stderr.once("close", resolve));
  stderr.on("data", (chunk: Uint8Array) => {
    listener.take(chunk);
    // Who reads slowly lets the command wait, as without us.
    if (process.stderr.write(chunk)) return;
    stderr.pause();
    process.stderr.once("drain", () => stderr.resume());
  });
  return { complaints: () => listener.complaints(), ended };
}
