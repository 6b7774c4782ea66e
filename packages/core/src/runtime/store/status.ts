// The status of a container is derived, never stored: what is stored can be out of date.
import type { Status } from "@coffer/spec";
import { isPaused } from "../../cgroup/files.ts";
import { CofferError } from "../../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Identity } from "./identity.ts";
import { canBeSeen, isAlive } from "./identity.ts";
import { tryLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { findPlace, hasGate, readIdentity } from "./store.ts";

/**
 * What the spec names, `paused`, which runtimes add, and `unknown`: the container was made in another pid or time namespace, and
 * may run there.
 */
export type ContainerStatus = Status | "paused" | "unknown";

/** The status, and who the first process is while there is one. */
export interface Found {
  readonly status: ContainerStatus;
  readonly identity: Identity | undefined;
}

async function isLocked(runtime: Runtime, id: string): Promise<boolean> {
  const lock = await tryLock(runtime, id);
  lock?.release();
  return lock === undefined;
}

/** What a caller knows already. */
export interface StatusOptions {
  /** It holds the container's lock: nobody else is creating it then. */
  readonly holdsLock?: boolean;
  /** It makes no difference to the caller whether the container waits at its gate: a created one is reported as running. */
  readonly orCreated?: boolean;
  /** Without it a paused container is reported as created or running, and one that cannot be seen from here as stopped. */
  readonly record?: Pick<ContainerRecord, "cgroups" | "viewpoint"> | undefined;
}

/** Finds out the status. */
export async function findStatus(
  runtime: Runtime,
  id: string,
  { holdsLock = false, orCreated = false, record }: StatusOptions = {},
): Promise<Found> {
  const place = findPlace(runtime, id);
  const identity = readIdentity(runtime, id, place);
  if (identity === undefined) {
    const isCreating = !holdsLock && (await isLocked(runtime, id));
    return { status: isCreating ? "creating" : "stopped", identity: undefined };
  }
  if (!canBeSeen(runtime.system, identity, record?.viewpoint)) return { status: "unknown", identity: undefined };
  if (!isAlive(runtime.system, identity)) return { status: "stopped", identity: undefined };
  if (isPaused(runtime.system, record?.cgroups ?? [])) return { status: "paused", identity };
  return { status: !orCreated && (await hasGate(runtime, id, place)) ? "created" : "running", identity };
}

/** The error of a verb that needs another status. */
export function wrongStatus(
  id: string,
  status: ContainerStatus,
  needed: readonly ContainerStatus[],
  message: string,
  own?: string,
): CofferError {
  const details = { id, status, needed };
  if (status !== "unknown")
    return new CofferError("E_CONTAINER_STATE", message, details, own === undefined ? {} : { hint: own });
  const hint = "call the verb there; `delete --force` ends what is in the container's cgroups and forgets it";
  const why = `container ${id} was made in another pid or time namespace, from which alone can be seen whether it runs`;
  return new CofferError("E_CONTAINER_STATE", why, details, { hint });
}
