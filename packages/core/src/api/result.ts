// From the end of a process to the result of a call.
import type { Running } from "../runtime/launch/container.ts";
import type { Exit } from "../runtime/launch/reports.ts";
import { nameSignal } from "../system/signals.ts";
import type { Output, Resources, RunResult } from "./options.ts";
import type { Output as Collected } from "./output.ts";

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

/** How what was written is given: as text, or as it is. */
export type Decode<Written extends Output> = (bytes: Uint8Array) => Written;

type Both<T> = readonly [T, T];

function toResult<Written extends Output>(
  id: string,
  exit: Exit,
  ending: Ending,
  [stdout, stderr]: Both<Written>,
): RunResult<Written> {
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
    denied: exit.denied ?? [],
    left: exit.left ?? [],
  };
}

/** How the end of a process is followed. */
export interface Following<Written extends Output> {
  readonly ending: () => Ending;
  readonly asked: Promise<void> | undefined;
  readonly decode: Decode<Written>;
}

/** Waits for the end of a process. `asked` is the moment when the call is ended from here: then nobody waits for output. */
export async function follow<Written extends Output>(
  running: Running,
  outputs: Both<Collected>,
  { ending, asked, decode }: Following<Written>,
): Promise<RunResult<Written>> {
  const exit = await running.wait();
  const [stdout, stderr] = outputs;
  const both = Promise.all([stdout.bytes(), stderr.bytes()]);
  void asked?.then(() => Promise.all(outputs.map((output) => output.cut())));
  const [out, err] = await both;
  return toResult(running.id, exit, ending(), [decode(out), decode(err)]);
}

/** The result of a call that was ended before its program ran. */
export function neverRan<Written extends Output>(
  id: string,
  durationMs: number,
  { timedOut, canceled }: Ending,
  decode: Decode<Written>,
): RunResult<Written> {
  const nothing = decode(new Uint8Array(0));
  return {
    id,
    exitCode: undefined,
    signal: undefined,
    stdout: nothing,
    stderr: nothing,
    durationMs,
    resources: toResources({ usage: undefined }),
    failed: true,
    timedOut,
    isCanceled: canceled,
    isMaxBuffer: false,
    isTerminated: false,
    denied: [],
    left: [],
  };
}
