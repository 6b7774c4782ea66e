import { planSignal } from "../plan/index.ts";
import { runHostPlan } from "./drive.ts";
import type { Runtime } from "./runtime.ts";
import { parseSignal } from "./signals.ts";
import { findStatus, wrongStatus } from "./status.ts";
import { readRecord } from "./store.ts";

/** Options of `kill`. */
export interface KillOptions {
  /** A name or a number; TERM unless said. */
  readonly signal?: string | undefined;
  /** Signals every process of the container's cgroup. */
  readonly all?: boolean | undefined;
}

/** Sends a signal to a container's first process. */
export async function kill(runtime: Runtime, id: string, options: KillOptions = {}): Promise<void> {
  const signal = parseSignal(options.signal ?? "TERM");
  const { cgroups } = readRecord(runtime, id);
  const { status, identity } = await findStatus(runtime, id);
  if (identity === undefined && !options.all) {
    throw wrongStatus(id, status, ["created", "running"], "container not running");
  }
  const target = identity === undefined ? {} : { target: identity };
  await runHostPlan(runtime, planSignal({ ...target, signal, ...(options.all ? { cgroups } : {}) }));
}
