// The status of a container is derived, never stored: what is stored can be out of date.
import type { Status } from "@coffer/spec";
import { isPaused } from "../cgroup/files.ts";
import { CofferError } from "../errors.ts";
import type { CgroupPlace } from "../plan/options.ts";
import type { Identity } from "./identity.ts";
import { isAlive } from "./identity.ts";
import type { Runtime } from "./runtime.ts";
import { hasGate, readIdentity, tryLock } from "./store.ts";

/** What the spec names, and `paused`, which runtimes add. */
export type ContainerStatus = Status | "paused";

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
  /** The container's cgroups; without them a paused container is told as created or running. */
  readonly cgroups?: readonly CgroupPlace[];
}

/** Finds out the status. */
export async function findStatus(
  runtime: Runtime,
  id: string,
  { holdsLock = false, cgroups = [] }: StatusOptions = {},
): Promise<Found> {
  const identity = readIdentity(runtime, id);
  if (identity === undefined) {
    const isCreating = !holdsLock && (await isLocked(runtime, id));
    return { status: isCreating ? "creating" : "stopped", identity: undefined };
  }
  if (!isAlive(runtime.system, identity)) return { status: "stopped", identity: undefined };
  if (isPaused(runtime.system, cgroups)) return { status: "paused", identity };
  return { status: (await hasGate(runtime, id)) ? "created" : "running", identity };
}

/** The error of a verb that needs another status. */
export function wrongStatus(
  id: string,
  status: ContainerStatus,
  needed: readonly ContainerStatus[],
  message: string,
): CofferError {
  return new CofferError("E_CONTAINER_STATE", message, { id, status, needed });
}
