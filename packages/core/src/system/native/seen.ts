import type { System } from "../port.ts";

/** The native front has no sessions. */
export const openSeen: System["openSeen"] = undefined;
