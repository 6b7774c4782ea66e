import { InternalError } from "../../errors.ts";
import type { Network } from "../port.ts";

/** The native front has no sockets: what needs them is for the front on Node. */
export const hostNetwork: Network | undefined = undefined;

/** In the place of the proxy of sandboxes, which nobody calls without sockets. */
export async function serveProxy(): Promise<void> {
  throw new InternalError("a front without sockets has no proxy");
}

/** The same for ports of the host. */
export function servePort(): Promise<void> {
  return serveProxy();
}

export { handOver } from "./hand-over.ts";
