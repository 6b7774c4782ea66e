// Launching a plan: hand its image to the helper, and follow the reports.
import { CofferError } from "../../errors.ts";
import type { ProcessIdentity } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { Launch, LaunchInput, LaunchLock, LaunchSetup } from "../../system/port.ts";
import { signalNumbers } from "../../system/signals.ts";
import { countOps } from "../../wire/image.ts";
import type { Plan } from "../../wire/op.ts";
import type { Report, ReportState, Usage } from "../../wire/report/report.ts";
import { placesOf, requireAllowed } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import type { Left } from "../sandbox/left/left.ts";
import type { Answer } from "../sandbox/why.ts";
import { readStartTime } from "../store/identity.ts";
import { toLaunchError } from "./errors/launch-error.ts";
import type { Image } from "./image.ts";
import { makeImage } from "./image.ts";

/** How a container or a process in it ended. */
export interface Exit {
  /** 0 to 255, or 128 and the number of the signal: what a shell would say. */
  readonly status: number;
  readonly signal: number | undefined;
  /** From the launcher's start to the end, in milliseconds. */
  readonly durationMs: number;
  readonly trace: Uint8Array;
  /** What it has used; absent where its end was not waited for. */
  readonly usage: Usage | undefined;
  /** Whether the launcher has run its plan to the end; it may have been killed after it told of the container's. */
  readonly isComplete: boolean;
  /** Of a sandbox that is watched: what it was denied of all that its program has asked for. Of any other: what the kernel has noted. */
  readonly denied?: readonly Answer[];
  /** Of a sandbox: what it has left that programs of the host act upon. */
  readonly left?: readonly Left[];
}

function silentError(status: number, signal: string | undefined): CofferError {
  const how = signal === undefined ? `status ${status}` : signal;
  const hint =
    signal === "SIGXFSZ"
      ? "the limit of the size of files is too small (ulimit -f): the helper writes its programs and the plan into memory files"
      : "COFFER_HELPER may name a program that is no helper, or the helper was killed";
  const details = signal === undefined ? { status, hint } : { hint };
  return new CofferError("E_LAUNCH_FAILED", `the launcher ended with ${how} and without a report`, details, { hint });
}

/**
 * Follows the reports until one of the given states; a failure is thrown, and a failure after which the plan goes on is a
 * warning.
 */
export async function awaitReport(
  launch: Launch,
  plan: Plan,
  states: readonly ReportState[],
  warn?: Runtime["warn"],
): Promise<Report> {
  for (;;) {
    const event = await launch.nextEvent();
    if (event.kind === "timeout") continue;
    if (event.kind === "exit") throw silentError(event.status, event.signal);
    if (event.report.state === "failed") throw toLaunchError(plan, event.report);
    if (event.report.state === "warned") warn?.(toLaunchError(plan, event.report));
    if (states.includes(event.report.state)) return event.report;
  }
}

/** How long a launcher that was told to end may take things back before the launcher is killed. */
const takeBackMs = 3000;

/** Waits for the first state of what is launched. A caller that gives up before has the launcher take everything back. */
export async function awaitStart(
  launch: Launch,
  plan: Plan,
  state: ReportState,
  cancel: AbortSignal | undefined,
): Promise<Report> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    launch.signal(signalNumbers.TERM);
    timer = setTimeout(() => launch.signal(signalNumbers.KILL), takeBackMs);
  };
  cancel?.addEventListener("abort", end, { once: true });
  try {
    if (cancel?.aborted) end();
    return await awaitReport(launch, plan, [state]);
  } catch (error) {
    // A hook's children may still have the other ends: nobody waits for those.
    if (cancel?.aborted) for (const stream of [launch.stdin, launch.stdout, launch.stderr]) stream?.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    cancel?.removeEventListener("abort", end);
  }
}

/** Waits for the launcher's own end, after its last report. */
export async function awaitEnd(launch: Launch, plan: Plan): Promise<Pick<Exit, "trace" | "isComplete">> {
  for (;;) {
    const event = await launch.nextEvent();
    if (event.kind === "exit") return { trace: event.trace, isComplete: event.signal === undefined };
    if (event.kind === "report" && event.report.state === "failed") throw toLaunchError(plan, event.report);
  }
}

/** Done when the first process has ended, with its status, while the launcher ends. It fails in no way. */
export type Over = (status: number) => Promise<void>;

/** Waits for the container's end and the launcher's. What fails meanwhile is a warning. */
export async function awaitExit(launch: Launch, plan: Plan, warn?: Runtime["warn"], over?: Over): Promise<Exit> {
  const { status, nanoseconds, usage } = await awaitReport(launch, plan, ["exited"], warn);
  const signal = status.kind === "signaled" ? status.signal : undefined;
  const code = status.kind === "exited" ? status.code : 128 + status.signal;
  await over?.(code);
  const { trace, isComplete } = await awaitEnd(launch, plan);
  return { status: code, signal, durationMs: Number(nanoseconds) / 1e6, trace, usage, isComplete };
}

/**
 * The process that a report tells of. A plan without `record-process` reports no start time: it is read here, while the
 * launcher has not reaped the process and its pid is still its own.
 */
export function identityOf({ system }: Runtime, { pid, startTime, inode }: Report): ProcessIdentity {
  return { pid, startTime: startTime === 0n && pid !== 0 ? readStartTime(system, pid) : startTime, inode };
}

/** Tells that the helper could not be started; any other error as it is. */
export function toStartError(error: unknown): unknown {
  if (!SystemError.is(error) || error.call !== "execve") return error;
  const details = { path: error.path, errnoName: error.errno };
  const message = `cannot start the helper ${error.path}: ${describeErrno(error.errno)}`;
  return new CofferError("E_IO", message, details, { cause: error });
}

/**
 * Starts a launcher that waits for a plan, while the plan is made. Undefined if none can start, which the launch itself explains,
 * and if a policy may refuse the plan.
 */
export async function beginLaunch({ system, guard }: Runtime, setup: LaunchSetup): Promise<LaunchLock | undefined> {
  if (guard !== undefined) return undefined;
  try {
    return await system.launchLater?.(setup);
  } catch (error) {
    if (SystemError.is(error) || CofferError.is(error)) return undefined;
    throw error;
  }
}

/**
 * Starts the helper on an image, or gives it to the one that has taken the lock: the one way to a launch, so that no verb
 * passes the policy.
 *
 * @throws {CofferError} E_POLICY, E_IO
 */
export async function startLaunch(
  runtime: Runtime,
  { bytes, ...image }: Image,
  setup: LaunchSetup,
  lock?: LaunchLock,
): Promise<Launch> {
  requireAllowed(runtime, { ...image, ...placesOf(setup.inputs) });
  runtime.debug?.(`launching a plan of kind ${image.plan.kind}: ${countOps(bytes)} ops, ${bytes.length} bytes`);
  try {
    const launch = await (lock === undefined ? runtime.system.launch({ ...setup, plan: bytes }) : lock.launch(bytes));
    runtime.debug?.(`the launcher has started, pid ${launch.pid}`);
    return launch;
  } catch (error) {
    throw toStartError(error);
  }
}

/** Waits until a plan of kind `host` is done, which its launcher says: one that was killed does not. */
export async function awaitDone({ warn }: Runtime, launch: Launch, plan: Plan): Promise<void> {
  await awaitReport(launch, plan, ["done"], warn);
  await awaitEnd(launch, plan);
}

/** What launchers of host plans are given. Hooks, and the launcher itself, may have something to say. */
export function hostSetup(inputs: readonly LaunchInput[]): LaunchSetup {
  return { inputs, stdio: ["ignore", "ignore", "inherit"] };
}

/** Carries out a plan of kind `host` up to its report. What it gives waits for the rest. */
export async function startHostPlan(
  runtime: Runtime,
  plan: Plan,
  inputs: readonly LaunchInput[],
  lock?: LaunchLock,
): Promise<() => Promise<void>> {
  const launch = await startLaunch(runtime, makeImage(plan), hostSetup(inputs), lock);
  await awaitReport(launch, plan, ["running"]);
  return () => awaitDone(runtime, launch, plan);
}

/** Carries out a plan of kind `host`. */
export async function runHostPlan(
  runtime: Runtime,
  plan: Plan,
  inputs: readonly LaunchInput[] = [],
  lock?: LaunchLock,
): Promise<void> {
  await awaitDone(runtime, await startLaunch(runtime, makeImage(plan), hostSetup(inputs), lock), plan);
}
