import type { System } from "../../port.ts";

/** Node has no pidfd_send_signal(2). */
export const signalProcess: System["signalProcess"] | undefined = undefined;

/** Nor sockets of packets. */
export const letGo: System["letGo"] | undefined = undefined;
