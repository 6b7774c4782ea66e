import type { Network } from "../port.ts";

/** The native front has no sockets: what needs them is for the front on Node. */
export const hostNetwork: Network | undefined = undefined;

export { handOver } from "./hand-over.ts";
