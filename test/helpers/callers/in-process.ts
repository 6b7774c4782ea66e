// The `run` of coffer in this process, without the start of a command: what it says is put as the command would.
import { openRuntime, verbs } from "@coffer/core";
import { logError } from "../../../packages/cli/src/output/log.ts";
import { failureStatus } from "../../../packages/cli/src/output/status.ts";
import type { Bundle } from "../bundle.ts";
import type { Outcome } from "../command.ts";

const toStderr = { file: undefined, format: "text", debug: false } as const;

/** Runs the bundle: its outcome is that of `coffer run`, but for what the program writes. */
export async function runInProcess(bundle: Bundle): Promise<Outcome> {
  const outcome = { signal: null, stdout: "" };
  try {
    const running = await verbs.run(openRuntime({ root: bundle.state }), { bundle: bundle.path, id: bundle.tag });
    return { ...outcome, exitCode: (await running.wait()).status ?? null, stderr: "" };
  } catch (error) {
    const stderr = logError("coffer", error, toStderr);
    return { ...outcome, exitCode: failureStatus(error, "coffer", "run"), stderr };
  }
}
