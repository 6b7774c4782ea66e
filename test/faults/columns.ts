// What can go wrong at an op: the columns of the table.
import type { FaultKind } from "../helpers/trace/injected.ts";

export type Column = {
  readonly name: string;
  readonly kind: FaultKind;
  readonly errno?: number;
  readonly stopMs: number;
  /** Harmless: the verb has to succeed. */
  readonly mustGoOn?: true;
};

const stopMs = 2000;

export const columns: readonly Column[] = [
  { name: "SIGSTOP launcher", kind: "stop-launcher", stopMs, mustGoOn: true },
  { name: "SIGSTOP init", kind: "stop-init", stopMs, mustGoOn: true },
  { name: "SIGKILL launcher", kind: "kill-launcher", stopMs: 0 },
  { name: "SIGKILL init", kind: "kill-init", stopMs: 0 },
  { name: "EPERM", kind: "errno", errno: 1, stopMs: 0 },
  { name: "ENOMEM", kind: "errno", errno: 12, stopMs: 0 },
  { name: "EINTR", kind: "errno", errno: 4, stopMs: 0 },
  { name: "ENOSYS", kind: "errno", errno: 38, stopMs: 0 },
];
