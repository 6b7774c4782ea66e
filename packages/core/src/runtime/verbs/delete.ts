import { CofferError } from "../../errors.ts";
import type { LateHooks } from "../../plan/index.ts";
import { readOr } from "../../system/error.ts";
import type { LaunchLock } from "../../system/port.ts";
import { endAll } from "../launch/end-container.ts";
import type { Runtime } from "../runtime.ts";
import { withLock } from "../store/lock.ts";
import type { ContainerRecord } from "../store/record.ts";
import { lateHooks } from "../store/record.ts";
import { withRoot } from "../store/state-root.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { forget, hasContainer, notFound, readRecord, stateInput } from "../store/store.ts";
import { thawKilled } from "./pause.ts";

/** Options of `remove`. */
export interface RemoveOptions {
  /** Kills the container first; one that is not there is no error. */
  readonly force?: boolean | undefined;
}

/** A record that is missing or unreadable names no cgroups and no hooks: a launch that was killed before it had any. */
function findRecord(runtime: Runtime, id: string, force: boolean): ContainerRecord | undefined {
  try {
    return readRecord(runtime, id);
  } catch (error) {
    const isMissing = CofferError.is(error, "E_CONTAINER_NOT_FOUND");
    if (isMissing || (force && CofferError.is(error, "E_STATE_CORRUPT"))) return undefined;
    throw error;
  }
}

/** Options of `removeLocked`. */
export interface RemoveLockedOptions extends RemoveOptions {
  /** The cgroups that the record names are not the container's. */
  readonly keepCgroups?: boolean | undefined;
  /** The launcher that has taken the lock, if it can take a host plan. */
  readonly lock?: LaunchLock | undefined;
}

/** Removes what a container holds, for a caller that has its lock. */
export async function removeLocked(runtime: Runtime, id: string, options: RemoveLockedOptions = {}): Promise<void> {
  const force = options.force ?? false;
  const record = findRecord(runtime, id, force);
  const cgroups = options.keepCgroups ? [] : (record?.cgroups ?? []);
  const { status, identity } = await findStatus(runtime, id, {
    holdsLock: true,
    record: record && { ...record, cgroups },
  });
  if ((status === "running" || status === "paused" || status === "unknown") && !force) {
    const message = `cannot delete container ${id} that is not stopped: ${status}`;
    throw wrongStatus(id, status, ["created", "stopped"], message, "kill it first, or use --force");
  }
  if (status === "paused") await thawKilled(runtime, cgroups);
  await endAll(runtime, identity, cgroups, {
    lock: options.lock,
    state: stateInput(runtime, id),
    hooks: record && poststopHooks(runtime, record),
    resctrl: record?.resctrl,
  });
  forget(runtime, id);
}

/** The poststop hooks. The bundle may be gone by now: nobody is kept from deleting a container. */
function poststopHooks({ system }: Runtime, record: ContainerRecord): LateHooks | undefined {
  const hooks = lateHooks(record, "poststop");
  if (hooks === undefined) return undefined;
  const isThere = readOr(false, () => system.stat(record.bundle, { follow: true }).kind === "directory");
  return { ...hooks, isBundleGone: !isThere };
}

/**
 * Removes what a container holds: its processes, its cgroups, its state. What is gone already is ignored. With `force`, so is a
 * container that another caller has removed while this one waited for its lock.
 */
export async function remove(caller: Runtime, id: string, options: RemoveOptions = {}): Promise<void> {
  const runtime = withRoot(caller);
  if (!hasContainer(runtime, id)) {
    if (options.force) return;
    throw notFound(id);
  }
  try {
    await withLock(runtime, id, (lock) => removeLocked(runtime, id, { ...options, lock }));
  } catch (error) {
    const isGone = CofferError.is(error, "E_CONTAINER_NOT_FOUND") && !hasContainer(runtime, id);
    if (options.force !== true || !isGone) throw error;
  }
}
