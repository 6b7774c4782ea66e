// From the end of a process to the result of a call.
import type { Running } from "../runtime/launch/container.ts";
import type { Exit } from "../runtime/launch/drive.ts";
import { nameSignal } from "../system/signals.ts";
import type { Resources, RunResult } from "./options.ts";
import type { Output } from "./output.ts";

/** Why a call was ended from here. */
export interface Ending {
  readonly timedOut: boolean;
  readonly canceled: boolean;
  /** More was written than may be kept. */
  readonly full: boolean;
}

function toResources({ usage }: Pick<Exit, "usage">): Resources {
  const { userMicros = 0n, systemMicros = 0n, peakKib = 0n } = usage ?? {};
  return {
    userMs: Number(userMicros) / 1000,
    systemMs: Number(systemMicros) / 1000,
    peakMemory: Number(peakKib) * 1024,
  };
}

function toResult(id: string, exit: Exit, ending: Ending, stdout: string, stderr: string): RunResult {
  const { signal, status } = exit;
  return {
    id,
    exitCode: signal === undefined ? status : undefined,
    signal: signal === undefined ? undefined : nameSignal(signal),
    stdout,
    stderr,
    durationMs: exit.durationMs,
    resources: toResources(exit),
    failed: status !== 0 || ending.timedOut || ending.canceled || ending.full,
    timedOut: ending.timedOut,
    isCanceled: ending.canceled,
    isMaxBuffer: ending.full,
    isTerminated: signal !== undefined,
  };
}

/** Waits for the end of a process. `asked` is the moment when the call is ended from here: then nobody waits for output. */
export async function follow(
  running: Running,
  outputs: readonly [Output, Output],
  ending: () => Ending,
  asked: Promise<void> | undefined,
): Promise<RunResult> {
  const exit = await running.wait();
  const texts = Promise.all(outputs.map((output) => output.text()));
  void asked?.then(() => Promise.all(outputs.map((output) => output.cut())));
  const [stdout = "", stderr = ""] = await texts;
  return toResult(running.id, exit, ending(), stdout, stderr);
}

/** The result of a call that was ended before its program ran. */
export function neverRan(id: string, durationMs: number, { timedOut, canceled }: Ending): RunResult {
  return {
    id,
    exitCode: undefined,
    signal: undefined,
    stdout: "",
    stderr: "",
    durationMs,
    resources: toResources({ usage: undefined }),
    failed: true,
    timedOut,
    isCanceled: canceled,
    isMaxBuffer: false,
    isTerminated: false,
  };
}
