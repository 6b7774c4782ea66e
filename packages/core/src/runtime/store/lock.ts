// The lock of a container: one verb at a time changes it.
import { CofferError } from "../../errors.ts";
import { SystemError } from "../../system/error.ts";
import type { LaunchLock, LaunchSetup, Lock } from "../../system/port.ts";
import { hostSetup, toStartError } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";
import { ioError, notFound, placeOf, stateInput } from "./store.ts";

const lockTimeoutMs = 10_000;

async function lockAt<T>(runtime: Runtime, id: string, take: (path: string) => Promise<T>, place?: string): Promise<T> {
  try {
    return await take(`${place ?? placeOf(runtime, id)}/lock`);
  } catch (error) {
    const told = toStartError(error);
    throw SystemError.is(told, "ENOENT") ? notFound(id, told) : ioError(runtime, id, "lock the container", told);
  }
}

/** Takes the lock of a container, if nobody has it. */
export async function tryLock(runtime: Runtime, id: string): Promise<Lock | undefined> {
  return lockAt(runtime, id, (path) => runtime.system.lock(path, 0));
}

/**
 * Runs an action with the container's lock held, by itself and by the launcher of the first plan that it launches with it.
 * `setup`: what that launcher is given; else what a host plan needs. `late`: most such actions launch nothing. `place`: where the
 * state directory is, if the caller knows.
 */
export async function withLock<T>(
  runtime: Runtime,
  id: string,
  action: (lock: LaunchLock) => Promise<T>,
  { setup, late, place }: { readonly setup?: LaunchSetup; readonly late?: boolean; readonly place?: string } = {},
): Promise<T> {
  const given = setup ?? hostSetup([stateInput(runtime, id)]);
  const take = (path: string) => runtime.system.lockToLaunch(path, lockTimeoutMs, given, late);
  const lock = await lockAt(runtime, id, take, place);
  if (lock === undefined) {
    const hint = "another verb works on it: try again, or end that one";
    throw new CofferError("E_TIMEOUT", `container ${id} is busy`, { timeoutMs: lockTimeoutMs }, { hint });
  }
  try {
    return await action(lock);
  } finally {
    await lock.release();
  }
}
