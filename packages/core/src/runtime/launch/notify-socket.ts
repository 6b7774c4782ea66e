// The socket at which a service manager hears that a container is ready: sd_notify(3).
import { CofferError, quote } from "../../errors.ts";
import type { NotifyOptions } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { Runtime } from "../runtime.ts";
import { dirOf } from "../store/store.ts";

/** What the planner gets of the socket that the caller listens at. */
export function notifyOptions(runtime: Runtime, id: string, socket: string, isStale = false): NotifyOptions {
  const directory = `${dirOf(runtime, id)}/notify`;
  return { socket: socket.startsWith("@") ? socket : toAbsolute(runtime.system, socket), directory, isStale };
}

/** The caller's own socket, where a service manager has given it one. */
export function callersNotifySocket({ system }: Runtime): string | undefined {
  return system.caller.env.NOTIFY_SOCKET || undefined;
}

/** What connect(2) says of a socket at which nobody listens any more, or of a path that is no socket. */
const stale: readonly string[] = ["ENOENT", "ENOTDIR", "ECONNREFUSED", "EPROTOTYPE", "EACCES"];

/** Why the caller's socket cannot be reached, if a launch has failed for that: nothing was made then. */
function staleErrno(error: unknown): string | undefined {
  if (!CofferError.is(error, "E_LAUNCH_FAILED") || error.details.op !== "bind-notify") return undefined;
  return stale.find((name) => name === error.details.errnoName);
}

/**
 * Launches with the caller's socket. A socket that cannot be reached is a warning, and the launch does without (`isStale`).
 * A variable that was left in the environment keeps nobody from starting a container.
 */
export async function withNotifySocket<T>(
  runtime: Runtime,
  socket: string | undefined,
  launch: (socket: string | undefined, isStale: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await launch(socket, false);
  } catch (error) {
    const errnoName = staleErrno(error);
    if (socket === undefined || errnoName === undefined) throw error;
    const message = `nobody is told that the container is ready: NOTIFY_SOCKET: cannot reach ${quote(socket)}: ${describeErrno(errnoName)}`;
    runtime.warn?.(new CofferError("E_IO", message, { path: socket, errnoName }));
    return launch(socket, true);
  }
}
