import { planSignal } from "../plan/index.ts";
import { runHostPlan } from "./drive.ts";
import { isGone } from "./launch-error.ts";
import { thawKilled } from "./pause.ts";
import type { Runtime } from "./runtime.ts";
import { parseSignal } from "./signals.ts";
import { findStatus, wrongStatus } from "./status.ts";
import { readRecord } from "./store.ts";

const sigkill = 9;

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
  const { status, identity } = await findStatus(runtime, id, { cgroups });
  const notRunning = wrongStatus(id, status, ["created", "running", "paused"], "container not running");
  const all = options.all && cgroups.length > 0;
  if (identity === undefined && !all) throw notRunning;
  const target = identity === undefined ? {} : { target: identity };
  try {
    await runHostPlan(runtime, planSignal({ ...target, signal, ...(all ? { cgroups } : {}) }));
    if (status === "paused" && signal === sigkill) await thawKilled(runtime, cgroups);
  } catch (error) {
    throw isGone(error) ? notRunning : error;
  }
}
