// The state directory: `<root>/<id>/` with the files `state.json`, `process`, `gate` and `lock`.
import { CofferError } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { LaunchLock, LaunchSetup, Lock } from "../system/port.ts";
import { checkContainerId, containerIdPattern } from "./container-id.ts";
import { hostSetup, toStartError } from "./drive.ts";
import { describeErrno } from "./errno.ts";
import type { Identity } from "./identity.ts";
import { parseIdentity } from "./identity.ts";
import type { ContainerRecord } from "./record.ts";
import { parseRecord, printRecord } from "./record.ts";
import type { Runtime } from "./runtime.ts";
import { ensureRoot, hasRoot } from "./runtime.ts";

const maxRecord = 32 * 1024 * 1024;
const lockTimeoutMs = 10_000;

/** Every file that a state directory can have. */
export const stateFiles = ["state.json", "process", "gate", "lock"] as const;
type StateFile = (typeof stateFiles)[number];

/** The state directory of a container. The id is checked, so that it is one path component. */
export function dirOf(runtime: Runtime, id: string): string {
  return `${runtime.root}/${checkContainerId(id)}`;
}

function pathOf(runtime: Runtime, id: string, file: StateFile): string {
  return `${dirOf(runtime, id)}/${file}`;
}

export function notFound(id: string, cause?: unknown): CofferError {
  const hint = "`coffer list` shows the containers of this state directory";
  return new CofferError("E_CONTAINER_NOT_FOUND", `container ${id} does not exist`, { id }, { hint, cause });
}

function ioError(what: string, error: unknown): unknown {
  if (!SystemError.is(error)) return error;
  const details = { path: error.path, errnoName: error.errno };
  return new CofferError("E_IO", `cannot ${what}: ${error.path}: ${describeErrno(error.errno)}`, details, {
    cause: error,
  });
}

/**
 * Makes the state directory of a new container. Gives its inode, which tells it from a later one of the same name.
 *
 * @throws {CofferError} E_CONTAINER_EXISTS
 */
export function claim(runtime: Runtime, id: string): bigint {
  const dir = dirOf(runtime, id);
  ensureRoot(runtime);
  try {
    runtime.system.makeDir(dir);
    return runtime.system.stat(dir, { follow: false }).inode;
  } catch (error) {
    if (!SystemError.is(error, "EEXIST")) throw ioError("make the state directory", error);
    throw alreadyExists(id);
  }
}

function alreadyExists(id: string): CofferError {
  const hint = "choose another id, or delete that container";
  return new CofferError("E_CONTAINER_EXISTS", `container with given ID already exists: ${id}`, { id }, { hint });
}

/**
 * Refuses an id that is taken before anything else is looked at, so that what is wrong then is not blamed on the
 * container that has it. Only a claim keeps it free.
 *
 * @throws {CofferError} E_CONTAINER_EXISTS
 */
export function checkUnused(runtime: Runtime, id: string): void {
  if (hasContainer(runtime, id)) throw alreadyExists(id);
}

/** Writes the record of a container: the first thing that a new container has. */
export function writeRecord(runtime: Runtime, record: ContainerRecord): void {
  try {
    runtime.system.writeFile(pathOf(runtime, record.id, "state.json"), printRecord(record), { exclusive: true });
  } catch (error) {
    throw ioError("write the container's state", error);
  }
}

function readFile(runtime: Runtime, id: string, file: StateFile, limit: number): string | undefined {
  try {
    return runtime.system.readText(pathOf(runtime, id, file), limit);
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR")) return undefined;
    throw ioError("read the container's state", error);
  }
}

/** Tells whether there is a state directory, whatever is in it. */
export function hasContainer(runtime: Runtime, id: string): boolean {
  const dir = dirOf(runtime, id);
  if (!hasRoot(runtime)) return false;
  try {
    return runtime.system.stat(dir, { follow: false }).kind === "directory";
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw ioError("look for the container", error);
  }
}

/**
 * Reads the record of a container.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_STATE_CORRUPT
 */
export function readRecord(runtime: Runtime, id: string): ContainerRecord {
  if (!hasContainer(runtime, id)) throw notFound(id);
  const json = readFile(runtime, id, "state.json", maxRecord);
  if (json === undefined) throw notFound(id);
  return parseRecord(id, pathOf(runtime, id, "state.json"), json);
}

/** Reads who the container's first process is; undefined before the launcher has written it. */
export function readIdentity(runtime: Runtime, id: string): Identity | undefined {
  const text = readFile(runtime, id, "process", 256);
  return text === undefined ? undefined : parseIdentity(text);
}

/** Tells whether the container waits at its gate: a `start` that was killed may have left a gate that nobody waits at. */
export async function hasGate(runtime: Runtime, id: string): Promise<boolean> {
  const path = pathOf(runtime, id, "gate");
  try {
    return runtime.system.stat(path, { follow: false }).kind === "socket" && (await runtime.system.isBound(path));
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw ioError("look for the container's gate", error);
  }
}

/** Tells whether the container may say that it is ready. */
export function hasNotify(runtime: Runtime, id: string): boolean {
  try {
    return runtime.system.stat(`${dirOf(runtime, id)}/notify`, { follow: false }).kind === "directory";
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw ioError("look for the container's socket", error);
  }
}

/** The ids of all containers, in order. */
export function listIds(runtime: Runtime): readonly string[] {
  if (!hasRoot(runtime)) return [];
  return runtime.system
    .listDir(runtime.root)
    .filter((name) => containerIdPattern.test(name))
    .toSorted();
}

async function lockAt<T>(id: string, take: () => Promise<T>): Promise<T> {
  try {
    return await take();
  } catch (error) {
    const told = toStartError(error);
    throw SystemError.is(told, "ENOENT") ? notFound(id, told) : ioError("lock the container", told);
  }
}

/** Takes the lock of a container, if nobody has it. */
export async function tryLock(runtime: Runtime, id: string): Promise<Lock | undefined> {
  return lockAt(id, () => runtime.system.lock(pathOf(runtime, id, "lock"), 0));
}

/**
 * Runs an action with the container's lock held, by itself and by the launcher of the first plan that it launches with it.
 * `setup`: what that launcher is given; else what a host plan needs.
 */
export async function withLock<T>(
  runtime: Runtime,
  id: string,
  action: (lock: LaunchLock) => Promise<T>,
  setup: LaunchSetup = hostSetup([{ name: "state", path: dirOf(runtime, id) }]),
): Promise<T> {
  const lock = await lockAt(id, () => runtime.system.lockToLaunch(pathOf(runtime, id, "lock"), lockTimeoutMs, setup));
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

/** Removes the state directory of a container. */
export function forget(runtime: Runtime, id: string): void {
  try {
    runtime.system.removeDir(`${dirOf(runtime, id)}/notify`, ["notify.sock"]);
    runtime.system.removeDir(dirOf(runtime, id), stateFiles);
  } catch (error) {
    throw ioError("remove the container's state", error);
  }
}

/** Tells whether a state directory is still the one that was claimed, and not another's of the same name. */
export function isClaimed(runtime: Runtime, id: string, inode: bigint): boolean {
  try {
    return runtime.system.stat(dirOf(runtime, id), { follow: false }).inode === inode;
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw ioError("look for the container", error);
  }
}

/** Removes the state directory that was claimed, unless somebody has removed it and another container has its name. */
export function forgetClaimed(runtime: Runtime, id: string, inode: bigint): void {
  if (isClaimed(runtime, id, inode)) forget(runtime, id);
}
