import { freezerPlace } from "../../cgroup/files.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import { planFreeze } from "../../plan/index.ts";
import { isTimedOut } from "../launch/errors/launch-error.ts";
import { noCgroup } from "../launch/no-cgroup.ts";
import { runHostPlan } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";
import { withLock } from "../store/lock.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";

const thawTimeoutMs = 100;

function placeOf(verb: string, cgroups: readonly CgroupPlace[]): CgroupPlace {
  const place = freezerPlace(cgroups);
  if (place === undefined) throw noCgroup(verb);
  return place;
}

const resumeIt = "`resume` lets it go on";

/** Stops every process of a container until `resume`. */
export async function pause(runtime: Runtime, id: string): Promise<void> {
  const record = readRecord(runtime, id);
  const { cgroups } = record;
  await withLock(runtime, id, async (lock) => {
    const { status } = await findStatus(runtime, id, { holdsLock: true, record });
    if (status === "paused")
      throw wrongStatus(id, status, ["created", "running"], "container not running: it is paused already", resumeIt);
    if (status !== "running" && status !== "created")
      throw wrongStatus(id, status, ["created", "running"], `container not running: it is ${status}`);
    await runHostPlan(runtime, planFreeze({ place: placeOf("pause", cgroups), frozen: true }), [], lock);
  });
}

/** Lets the processes of a paused container go on. */
export async function resume(runtime: Runtime, id: string): Promise<void> {
  const record = readRecord(runtime, id);
  const { cgroups } = record;
  await withLock(runtime, id, async (lock) => {
    const { status } = await findStatus(runtime, id, { holdsLock: true, record });
    if (status !== "paused") throw wrongStatus(id, status, ["paused"], `container not paused: it is ${status}`);
    await runHostPlan(runtime, planFreeze({ place: placeOf("resume", cgroups), frozen: false }), [], lock);
  });
}

/**
 * In version 1 a stopped process does not see that it was killed. Lets those go on that were. Who is frozen by a cgroup above
 * ends when that is let go on, by whoever has frozen it.
 */
export async function thawKilled(runtime: Runtime, cgroups: readonly CgroupPlace[]): Promise<void> {
  const place = freezerPlace(cgroups);
  if (place?.version !== 1) return;
  try {
    await runHostPlan(runtime, planFreeze({ place, frozen: false, absentOk: true, timeoutMs: thawTimeoutMs }));
  } catch (error) {
    if (!isTimedOut(error)) throw error;
  }
}
