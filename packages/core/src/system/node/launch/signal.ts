import type { System } from "../../port.ts";

/** Node has no pidfd_send_signal(2). */
export const signalProcess: System["signalProcess"] | undefined = undefined;
