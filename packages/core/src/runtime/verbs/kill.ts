import { planSignal } from "../../plan/index.ts";
import { parseSignal } from "../../system/signals.ts";
import { findAnothers } from "../launch/end-container.ts";
import { isGone } from "../launch/errors/launch-error.ts";
import { runHostPlan } from "../launch/reports.ts";
import { signalDirectly } from "../launch/without-launcher.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerRecord } from "../store/record.ts";
import { withRoot } from "../store/state-root.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord, stateInput } from "../store/store.ts";
import { thawKilled } from "./pause.ts";

const sigkill = 9;

/** Options of `kill`. */
export interface KillOptions {
  /** A name or a number; TERM unless said. */
  readonly signal?: string | undefined;
  /** Signals every process of the container's cgroup. */
  readonly all?: boolean | undefined;
}

/** Whether all processes of a container end with its first one. */
function hasOwnPids({ config }: ContainerRecord): boolean {
  return config.linux?.namespaces?.some(({ type, path }) => type === "pid" && !path) ?? false;
}

/**
 * Sends a signal to a container's first process. SIGKILL goes to all of its processes where they do not end with the first
 * one, as in runc since 1.2.
 */
export async function kill(caller: Runtime, id: string, options: KillOptions = {}): Promise<void> {
  const signal = parseSignal(options.signal ?? "TERM");
  const runtime = withRoot(caller);
  const record = readRecord(runtime, id);
  const { cgroups } = record;
  const { status, identity } = await findStatus(runtime, id, { orCreated: true, record });
  const notRunning = wrongStatus(id, status, ["created", "running", "paused"], "container not running");
  const all = (options.all || (signal === sigkill && !hasOwnPids(record))) && cgroups.length > 0;
  if (identity === undefined && !all) throw notRunning;
  const isSent = !all && identity !== undefined && signalDirectly(runtime, identity, signal);
  const target = identity === undefined ? {} : { target: identity };
  const plan = isSent ? undefined : planSignal({ ...target, signal, ...(all ? { cgroups } : {}) });
  try {
    if (plan !== undefined) await runHostPlan(runtime, plan, plan.inputs.length > 0 ? [stateInput(runtime, id)] : []);
    if (!all && status === "paused" && signal === sigkill) await thawKilled(runtime, cgroups);
  } catch (error) {
    const isAnothers = plan !== undefined && findAnothers(plan, error) !== undefined;
    throw isGone(error) || isAnothers ? notRunning : error;
  }
}
