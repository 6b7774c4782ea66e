// How the process of a container or of `exec` is connected: its streams, its terminal, the descriptors that are passed on.
import type { Process } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import type { ProcessOptions, TerminalMode } from "../../plan/index.ts";
import { passedFds, passedInput } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { LaunchInput, Stdio, System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";

/** The descriptors that are passed on. */
export type Passed = Pick<ProcessOptions, "listenFds" | "preserveFds" | "closedFds">;

const inherit: readonly [Stdio, Stdio, Stdio] = ["inherit", "inherit", "inherit"];

/** Where the standard streams go. */
export function stdioOf(options: ProcessLaunchOptions): readonly [Stdio, Stdio, Stdio] {
  return options.stdio ?? inherit;
}

function usage(message: string, argument: string, hint?: string): CofferError {
  return new CofferError("E_USAGE", message, { argument }, hint === undefined ? {} : { hint });
}

/**
 * Checks that the caller has a terminal that the process can have one beside. A caller with streams of its own needs none.
 *
 * @throws {CofferError} E_USAGE
 */
export function requireTerminal(
  { system }: Runtime,
  options: ProcessLaunchOptions,
  hint = "set /process/terminal to false, or give a console socket",
): void {
  if (stdioOf(options)[0] !== "inherit" || system.caller.hasTerminal) return;
  throw usage("the process asks for a terminal, and the caller has none", "console-socket", hint);
}

/** Who gets the terminal; the combinations that runc refuses are refused in its words. */
function terminalOf(runtime: Runtime, process: Process | undefined, options: ProcessLaunchOptions): TerminalMode {
  const { consoleSocket, detach = false } = options;
  if (process?.terminal !== true) {
    if (consoleSocket === undefined) return "none";
    throw usage("cannot use console socket if coffer will not allocate tty", "console-socket");
  }
  if (consoleSocket !== undefined) return { consoleSocket: toAbsolute(runtime.system, consoleSocket) };
  if (!detach) {
    requireTerminal(runtime, options);
    return "foreground";
  }
  const hint = "set /process/terminal to false, or give one";
  throw usage("cannot allocate tty if coffer will detach without setting console socket", "console-socket", hint);
}

/** How many sockets were passed to the caller by socket activation (sd_listen_fds(3)); a caller with pipes has none. */
function listenFdsOf({ system }: Runtime, options: ProcessLaunchOptions): number {
  const { env, pid } = system.caller;
  if (options.stdio !== undefined || env.LISTEN_PID !== `${pid}`) return 0;
  const count = Number(env.LISTEN_FDS ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

function writesToTerminal({ system }: Runtime, options: ProcessLaunchOptions): boolean {
  return options.window !== undefined || (stdioOf(options)[1] === "inherit" && system.caller.isOutputTerminal);
}

/** What every plan with a process gets. */
export function processOptions(
  runtime: Runtime,
  process: Process | undefined,
  options: ProcessLaunchOptions,
  passed: Passed = readPassed(runtime, options),
): ProcessOptions {
  const window = options.window ?? runtime.system.caller.window;
  const terminal = terminalOf(runtime, process, options);
  const { pidfdSocket } = options;
  return {
    terminal,
    ...(pidfdSocket === undefined ? {} : { pidfdSocket: toAbsolute(runtime.system, pidfdSocket) }),
    ...(terminal === "foreground" && window !== undefined ? { consoleSize: window } : {}),
    ...(terminal === "foreground" && !writesToTerminal(runtime, options) ? { plainOutput: true } : {}),
    detach: options.detach ?? false,
    ...passed,
    noNewKeyring: options.noNewKeyring ?? false,
  };
}

/** Whether the caller was given a descriptor: whether it is open, and not one that this process has opened for itself. */
function isGiven({ readLink, ownFds, isInherited = () => true }: System, fd: number): boolean {
  try {
    return !ownFds.has(fd) && !readLink(`/proc/self/fd/${fd}`).startsWith("anon_inode:") && isInherited(fd);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    return false;
  }
}

/**
 * A descriptor that the caller was given, as an input.
 *
 * @throws {CofferError} E_INPUT
 */
export function givenInput(system: System, name: string, fd: number): LaunchInput {
  if (isGiven(system, fd)) return { name, fd };
  const given = `descriptor ${fd}`;
  const hint = "open it before, or pass fewer with --preserve-fds";
  const message = `cannot pass ${given} on: ${describeErrno("EBADF")}`;
  throw new CofferError("E_INPUT", message, { name: given }, { hint });
}

/**
 * Which descriptors the caller passes on, and which of those it does not have. Asked before a launcher starts: what is opened for
 * the launcher may get a number that the caller has left out. On Node a number that was left out may be Node's own: that of its
 * first descriptor certainly is, so nothing after it is looked at.
 *
 * @throws {CofferError} E_INPUT on Node, for what the caller does not have
 */
export function readPassed(runtime: Runtime, options: ProcessLaunchOptions): Passed {
  const { system } = runtime;
  const asked = { listenFds: listenFdsOf(runtime, options), preserveFds: options.preserveFds ?? 0 };
  const fds = passedFds(asked);
  if (system.isInherited === undefined) for (const fd of fds) givenInput(system, passedInput(fd), fd);
  const closedFds = fds.filter((fd) => !isGiven(system, fd));
  return closedFds.length === 0 ? asked : { ...asked, closedFds };
}

/** The descriptors to pass on, as inputs. */
export function passedInputs(passed: Passed): readonly LaunchInput[] {
  return passedFds(passed).map((fd) => ({ name: passedInput(fd), fd }));
}
