import { toWords } from "../defaults/index.ts";
import { CofferError } from "../errors.ts";
import type { ProcessIdentity } from "../plan/index.ts";
import { closeBundle } from "../runtime/launch/bundle.ts";
import type { Running } from "../runtime/launch/container.ts";
import { makeContainer } from "../runtime/launch/container.ts";
import { prepare } from "../runtime/launch/prepare.ts";
import { awaitEnd } from "../runtime/launch/reports.ts";
import { usualLog } from "../runtime/logs/size.ts";
import { underPolicy } from "../runtime/policy/under-policy.ts";
import { list as listVerb } from "../runtime/reports/list.ts";
import type { ContainerState } from "../runtime/reports/state.ts";
import { state } from "../runtime/reports/state.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkContainerId } from "../runtime/store/container-id.ts";
import { remove } from "../runtime/verbs/delete.ts";
import { exec as execVerb } from "../runtime/verbs/exec.ts";
import { kill as killVerb } from "../runtime/verbs/kill.ts";
import { start } from "../runtime/verbs/start.ts";
import type { Stdio, Watcher } from "../system/port.ts";
import { isGivenUp, makeBound } from "./bound.ts";
import type { Known } from "./check-options.ts";
import { containerExecKnown, createKnown, execKnown, killKnown, readOptions } from "./check-options.ts";
import { toBundle } from "./config.ts";
import type { Logs } from "./logs.ts";
import { logsOf } from "./logs.ts";
import type { AsBytes, Output, ProcessRunOptions, SourceOptions } from "./options.ts";
import { idOf } from "./run.ts";
import type { Launching, Subprocess } from "./subprocess.ts";
import { makeSubprocess, runtimeOf } from "./subprocess.ts";
import { termOf } from "./tty.ts";

/** Options of `create`. Its streams are the caller's own, or nothing: it may outlive the caller. */
export interface CreateOptions extends SourceOptions, Pick<ProcessRunOptions, "args" | "env" | "cwd" | "user"> {
  /** Rejects with E_TIMEOUT, and leaves nothing, when the container is not there after that time. Default 0: never. */
  readonly timeoutMs?: number | undefined;
  /** Rejects with the signal's reason, and leaves nothing, when the signal is aborted before the container is there. */
  readonly signal?: AbortSignal | undefined;
  /** Default `ignore`. */
  readonly stdio?: "inherit" | "ignore" | undefined;
  /**
   * Keeps what it writes, for `logs`, in at most `size` bytes: by default 1 MiB, and 64 KiB or more. The last half is always there.
   * Its outputs are pipes then, whatever `stdio` says. Default: false.
   */
  readonly logs?: boolean | { readonly size?: number | undefined } | undefined;
}

/** Options of `exec`. */
export interface ExecOptions extends ProcessRunOptions, Pick<SourceOptions, "runtime" | "policy"> {}

/** Runs a further process in a container. */
export interface Exec {
  (options: ProcessRunOptions): Subprocess;
  (options: AsBytes<ProcessRunOptions>): Subprocess<Uint8Array>;
}

/** A container that was created. With `await using` it is deleted at the end of the block. */
export interface Container extends AsyncDisposable {
  readonly id: string;
  /** The pid of its first process, as the host has it. */
  readonly pid: number;
  /** Runs its program. */
  start(): Promise<void>;
  /** What has become of it: `created`, `running`, `paused` or `stopped`. */
  state(): Promise<ContainerState>;
  /** Sends a signal to its first process, `TERM` unless said. */
  kill(signal?: string | number): Promise<void>;
  /** Runs a further process in it. */
  readonly exec: Exec;
  /** What it has written, if it was made with `logs`: while it runs, and after its end until it is deleted. */
  readonly logs: Logs;
  /** Settles when it has stopped: its program has ended, or it was killed. Rejects when the signal is aborted. */
  wait(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Kills it and removes what it holds. */
  delete(): Promise<void>;
}

/**
 * Runs a further process in a container.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_CONTAINER_STATE, E_EXEC_NOT_FOUND and others
 * @example
 * const { stdout } = await exec("web", { args: ["ps"] });
 */
export function exec(id: string, options: ExecOptions): Subprocess;
export function exec(id: string, options: AsBytes<ExecOptions>): Subprocess<Uint8Array>;
export function exec(id: string, options: ExecOptions | AsBytes<ExecOptions>): Subprocess<Output> {
  return makeExec(id, options, execKnown);
}

/** Runs a further process in a container whose runtime is known. */
export function execIn(runtime: Runtime, id: string): Exec {
  function inIt(options: ProcessRunOptions): Subprocess;
  function inIt(options: AsBytes<ProcessRunOptions>): Subprocess<Uint8Array>;
  function inIt(options: ProcessRunOptions | AsBytes<ProcessRunOptions>): Subprocess<Output> {
    return makeExec(id, options, containerExecKnown, runtime);
  }
  return inIt;
}

function makeExec(
  id: string,
  options: ExecOptions | AsBytes<ExecOptions>,
  known: Known,
  own?: Runtime,
): Subprocess<Output> {
  return makeSubprocess(options, {
    known,
    ...(own === undefined ? {} : { runtime: own }),
    canBeOutlived: true,
    id: () => id,
    launch: async (runtime, { policy, ...options }, how) =>
      launchExec(await underPolicy(runtime, policy), options, how),
  });
}

/** Launches a further process in a container. The watcher gets what the process asks for. */
export function launchExec(
  runtime: Runtime,
  { args, cwd, user, env }: Pick<ProcessRunOptions, "args" | "cwd" | "user" | "env">,
  how: Launching,
  watcher?: Watcher,
): Promise<Running> {
  return execVerb(runtime, {
    ...how,
    terminal: how.window !== undefined,
    args,
    cwd,
    env: toWords({ ...termOf(how.window), ...env }),
    watcher,
    ...(user === undefined ? {} : { user: `${user.uid}:${user.gid ?? user.uid}` }),
  });
}

/**
 * Sends a signal to a container's first process, `TERM` unless said.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_CONTAINER_STATE when it has ended
 */
export async function kill(
  id: string,
  signal: string | number = "TERM",
  options: Pick<SourceOptions, "runtime"> = {},
): Promise<void> {
  const known = readOptions(options, killKnown);
  if (typeof signal !== "string" && typeof signal !== "number")
    throw new CofferError("E_USAGE", "the signal is not a name or a number", { argument: "signal" });
  await killVerb(runtimeOf(known), id, { signal: `${signal}` });
}

/** How much is kept of what it writes. */
function logBytesOf({ logs = false }: CreateOptions): number | undefined {
  if (typeof logs !== "boolean") return logs.size ?? usualLog;
  return logs ? usualLog : undefined;
}

const firstPause = 5;
const longestPause = 100;

/** Whether a container that was there has stopped, or was deleted. */
async function isOver(runtime: Runtime, id: string): Promise<boolean> {
  try {
    return (await state(runtime, id)).status === "stopped";
  } catch (error) {
    if (CofferError.is(error, "E_CONTAINER_NOT_FOUND")) return true;
    throw error;
  }
}

/** Looks again and again: the container is nobody's child here, and Node waits for no other process. */
async function waitForEnd(runtime: Runtime, id: string, signal: AbortSignal | undefined): Promise<void> {
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    signal?.throwIfAborted();
    if (await isOver(runtime, id)) return;
    await runtime.system.sleep(pause);
  }
}

/**
 * The container of that id, which somebody has created. The end of an `await using` block deletes it.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_STATE_CORRUPT
 */
export async function getContainer(id: string, options: Pick<SourceOptions, "runtime"> = {}): Promise<Container> {
  const runtime = runtimeOf(readOptions(options, killKnown));
  const { pid } = await state(runtime, checkContainerId(id));
  return makeHandle(runtime, id, pid);
}

/** The states of all containers, and of all sandboxes with a name. */
export async function list(options: Pick<SourceOptions, "runtime"> = {}): Promise<readonly ContainerState[]> {
  return listVerb(runtimeOf(readOptions(options, killKnown)));
}

function makeHandle(runtime: Runtime, id: string, pid: number): Container {
  const end = (): Promise<void> => remove(runtime, id, { force: true });
  return {
    id,
    pid,
    start: () => start(runtime, id),
    state: () => state(runtime, id),
    kill: (signal) => kill(id, signal, { runtime }),
    exec: execIn(runtime, id),
    logs: logsOf(runtime, id),
    wait: ({ signal } = {}) => waitForEnd(runtime, id, signal),
    delete: end,
    [Symbol.asyncDispose]: end,
  };
}

async function createWithin(
  runtime: Runtime,
  id: string,
  options: CreateOptions,
  cancel: AbortSignal,
): Promise<Container> {
  const stream: Stdio = options.stdio ?? "ignore";
  const stdio = [stream, stream, stream] as const;
  const { cgroupManager, lockMounts, init } = options;
  const how = { gate: true, detach: true } as const;
  const bundle = toBundle(runtime, options);
  let process: ProcessIdentity;
  try {
    const prepared = prepare(runtime, bundle, { id, stdio, cgroupManager, lockMounts, init }, how);
    const made = await makeContainer(
      runtime,
      prepared,
      { id, stdio, cancel, logBytes: logBytesOf(options) },
      "created",
    );
    await awaitEnd(made.launch, prepared.image.plan);
    process = made.process;
  } finally {
    closeBundle(bundle);
  }
  if (cancel.aborted) await remove(runtime, id, { force: true });
  cancel.throwIfAborted();
  return makeHandle(runtime, id, process.pid);
}

/**
 * Creates a container, whose program waits for `start`.
 *
 * @throws {CofferError} E_CONTAINER_EXISTS, E_CONFIG_INVALID, E_LAUNCH_FAILED and others
 * @example
 * await using container = await create({ bundle: "/srv/web" });
 * await container.start();
 */
export async function create(given: CreateOptions): Promise<Container> {
  const options = readOptions(given, createKnown);
  options.signal?.throwIfAborted();
  const runtime = await underPolicy(runtimeOf(options), options.policy);
  const id = checkContainerId(idOf(runtime, options));
  const bound = makeBound(options);
  try {
    return await createWithin(runtime, id, options, bound.signal);
  } catch (error) {
    throw isGivenUp(bound, error) ? bound.signal.reason : error;
  } finally {
    bound.stop();
  }
}
