// Commands of a session, which can be told what they were denied.

import type { Runtime } from "../../runtime/runtime.ts";
import { rememberMade } from "../../runtime/sandbox/denied/made.ts";
import { startWatch } from "../../runtime/sandbox/denied/watched.ts";
import type { Writes } from "../../runtime/sandbox/rights/change.ts";
import type { RunningSandbox } from "../../runtime/verbs/sandbox.ts";
import { sessionExecKnown } from "../check-options.ts";
import { launchExec } from "../container.ts";
import type { AsBytes, Output, ProcessRunOptions, Rest } from "../options.ts";
import { commandOf } from "../options.ts";
import type { Subprocess } from "../subprocess.ts";
import { makeSubprocess } from "../subprocess.ts";

/** Options of a command of a session. */
export interface SessionExecOptions extends ProcessRunOptions {
  /**
   * Has the kernel tell each path and address that the command asks for. The result then has `denied`. Each of these calls takes
   * a few microseconds longer. Needs Linux 6.0. Default: false.
   */
  readonly explain?: boolean | undefined;
}

/** Runs a command in a session. */
export interface SessionExec {
  (file: string, args?: readonly string[], options?: Rest<SessionExecOptions>): Subprocess;
  (file: string, args: readonly string[], options: AsBytes<Rest<SessionExecOptions>>): Subprocess<Uint8Array>;
  (options: SessionExecOptions): Subprocess;
  (options: AsBytes<SessionExecOptions>): Subprocess<Uint8Array>;
}

type Given = SessionExecOptions | AsBytes<SessionExecOptions>;

/** Runs commands in a session. */
export function execInSession(
  runtime: Runtime,
  running: RunningSandbox,
  { taken }: Pick<Writes, "taken">,
): SessionExec {
  // What commands before have made is the session's own.
  const made = rememberMade();
  function inIt(file: string, args?: readonly string[], options?: Rest<SessionExecOptions>): Subprocess;
  function inIt(
    file: string,
    args: readonly string[],
    options: AsBytes<Rest<SessionExecOptions>>,
  ): Subprocess<Uint8Array>;
  function inIt(options: SessionExecOptions): Subprocess;
  function inIt(options: AsBytes<SessionExecOptions>): Subprocess<Uint8Array>;
  function inIt(
    first: string | Given,
    args?: readonly string[],
    rest?: Rest<SessionExecOptions> | AsBytes<Rest<SessionExecOptions>>,
  ): Subprocess<Output> {
    const options = typeof first === "string" ? { ...rest, args: commandOf(first, args) } : first;
    return makeSubprocess<Given>(options, {
      known: sessionExecKnown,
      runtime,
      canBeOutlived: true,
      id: () => running.id,
      launch: async (_, { explain = false, ...own }, given) => {
        const how = { ...given, dieWithParent: true };
        if (!explain) return launchExec(runtime, own, how);
        running.checkWatch();
        const watch = startWatch(runtime.system);
        const one = await launchExec(runtime, own, how, watch.watcher);
        const wait = async () => ({ ...(await one.wait()), denied: running.denied(watch.asked(), taken(), made) });
        return { ...one, wait };
      },
    });
  }
  return inIt;
}
