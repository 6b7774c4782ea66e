// `--hints` listens to standard error, which must be no terminal.
import type { Runtime } from "@coffer/core";
import { UsageError } from "../../parse/flags.ts";

export function checkTerminal(runtime: Runtime, flag: string): void {
  if (runtime.system.caller.isInteractive)
    throw new UsageError(
      `${flag}: standard error is a terminal, which the command has itself: give 2>FILE or a pipe, or use --explain`,
    );
}
