// The socket at which a service manager hears that a container is ready: sd_notify(3).
import type { NotifyOptions } from "../../plan/draft/options.ts";
import type { Runtime } from "../runtime.ts";
import { toAbsolute } from "../runtime.ts";
import { dirOf } from "../store/store.ts";

/** What the planner is told of the socket that the caller listens at. */
export function notifyOptions(runtime: Runtime, id: string, socket: string): NotifyOptions {
  const directory = `${dirOf(runtime, id)}/notify`;
  return { socket: socket.startsWith("@") ? socket : toAbsolute(runtime.system, socket), directory };
}

/** The caller's own socket, where a service manager has given it one. */
export function callersNotifySocket({ system }: Runtime): string | undefined {
  return system.caller.env.NOTIFY_SOCKET || undefined;
}
