// The vocabulary of the attackers beside a caller. Who calls, and a cell, are those of the attackers inside.
export type { Caller, Cell } from "../matrix/types.ts";

/** How one run ended. */
export type Ended = { readonly status: number; readonly text: string; readonly count: number };
