// The status of a container is derived, never stored: what is stored can be out of date.
import type { Status } from "@coffer/spec";
import { CofferError } from "../errors.ts";
import type { Identity } from "./identity.ts";
import { isAlive } from "./identity.ts";
import type { Runtime } from "./runtime.ts";
import { hasGate, readIdentity, tryLock } from "./store.ts";

/** The status, and who the first process is while there is one. */
export interface Found {
  readonly status: Status;
  readonly identity: Identity | undefined;
}

async function isLocked(runtime: Runtime, id: string): Promise<boolean> {
  const lock = await tryLock(runtime, id, 0);
  lock?.release();
  return lock === undefined;
}

/** Finds out the status. A caller that holds the container's lock says so: nobody else is creating it then. */
export async function findStatus(runtime: Runtime, id: string, holdsLock = false): Promise<Found> {
  const identity = readIdentity(runtime, id);
  if (identity === undefined) {
    const isCreating = !holdsLock && (await isLocked(runtime, id));
    return { status: isCreating ? "creating" : "stopped", identity: undefined };
  }
  if (!isAlive(runtime.system, identity)) return { status: "stopped", identity: undefined };
  return { status: hasGate(runtime, id) ? "created" : "running", identity };
}

/** The error of a verb that needs another status. */
export function wrongStatus(id: string, status: Status, needed: readonly Status[], message: string): CofferError {
  return new CofferError("E_CONTAINER_STATE", message, { id, status, needed });
}
