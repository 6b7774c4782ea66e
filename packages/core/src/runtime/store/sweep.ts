// What a sandbox leaves behind if the process that made it is killed: its record, and cgroups that nobody is in. Containers that
// outlive their maker have no maker in their record, and stay until `delete`.
import { CofferError } from "../../errors.ts";
import { SystemError } from "../../system/error.ts";
import type { Runtime } from "../runtime.ts";
import { removeLocked } from "../verbs/delete.ts";
import { canBeSeen, isAlive, parseIdentity } from "./identity.ts";
import { tryLock, withLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { findRoot } from "./state-root.ts";
import { listIds, maxRecord, readRecord } from "./store.ts";

/** Whether the maker of a sandbox has ended. One that is being made has a maker; a pid that is used again has another start time. */
export function isLeft(runtime: Runtime, { maker = "", viewpoint }: ContainerRecord): boolean {
  const identity = parseIdentity(maker);
  return identity !== undefined && canBeSeen(runtime.system, identity, viewpoint) && !isAlive(runtime.system, identity);
}

/** Gone meanwhile, broken, or not the caller's: `list` and `delete` tell of it. */
function isPassedOver(error: unknown): boolean {
  const codes = ["E_CONTAINER_NOT_FOUND", "E_STATE_CORRUPT", "E_IO", "E_TIMEOUT"] as const;
  return SystemError.is(error) || codes.some((code) => CofferError.is(error, code));
}

/** Removes what the sandbox of that name has left, if its maker has ended and no verb works on it. */
export async function sweep(runtime: Runtime, id: string): Promise<void> {
  try {
    if (!isLeft(runtime, readRecord(runtime, id))) return;
    const free = await tryLock(runtime, id);
    free?.release();
    if (free === undefined) return;
    await withLock(runtime, id, async (lock) => {
      // Somebody else may have removed it meanwhile, and another sandbox may have its name.
      if (isLeft(runtime, readRecord(runtime, id))) await removeLocked(runtime, id, { force: true, lock });
    });
  } catch (error) {
    if (!isPassedOver(error)) throw error;
  }
}

/** Whether a record may name a maker: its text has the word, or cannot be read. It is not parsed for that. */
function mayNameMaker({ system }: Runtime, place: string): boolean {
  try {
    return system.readText(`${place}/state.json`, maxRecord).includes('"maker"');
  } catch (error) {
    if (SystemError.is(error)) return true;
    throw error;
  }
}

/** The ids of all containers, and whether each may be of a sandbox that was killed. */
export function listSuspects(runtime: Runtime): readonly { readonly id: string; readonly isSuspect: boolean }[] {
  const root = findRoot(runtime);
  if (root === undefined) return [];
  return listIds(runtime).map((id) => ({ id, isSuspect: mayNameMaker(runtime, `${root.at}/${id}`) }));
}

/** Removes what all sandboxes have left. */
export async function sweepAll(runtime: Runtime): Promise<void> {
  for (const { id, isSuspect } of listSuspects(runtime)) if (isSuspect) await sweep(runtime, id);
}
