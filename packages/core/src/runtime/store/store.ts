// The state directory: `<root>/<id>/` with the files `state.json`, `process`, `gate` and `lock`, and perhaps those of a log.
import { CofferError } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { FileStat, LaunchInput } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { checkContainerId, containerIdPattern } from "./container-id.ts";
import type { Identity } from "./identity.ts";
import { parseIdentity } from "./identity.ts";
import type { ContainerRecord } from "./record.ts";
import { parseRecord, printRecord } from "./record.ts";
import { ensureRoot, findRoot } from "./state-root.ts";

/** A longer `state.json` is not read. */
export const maxRecord = 32 * 1024 * 1024;

/** Every file that a state directory can have. */
export const stateFiles = ["state.json", "process", "gate", "lock"] as const;
/** The files that a container has whose output is kept. */
export const logFiles = ["log.0", "log.1"] as const;
type StateFile = (typeof stateFiles)[number];

/** The state directory of a container by its name, for people and plans. The id is checked: it is one path component. */
export function dirOf(runtime: Runtime, id: string): string {
  return `${runtime.root}/${checkContainerId(id)}`;
}

/** Where a state directory is looked up, beneath the root that is held; undefined where there is no root. */
export function findPlace(runtime: Runtime, id: string): string | undefined {
  const name = checkContainerId(id);
  const root = findRoot(runtime);
  return root && `${root.at}/${name}`;
}

/**
 * Where the state directory of a container is looked up.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND where there is no root
 */
export function placeOf(runtime: Runtime, id: string): string {
  const place = findPlace(runtime, id);
  if (place === undefined) throw notFound(id);
  return place;
}

/** The state directory as an input of plans. */
export function stateInput(runtime: Runtime, id: string, place = placeOf(runtime, id)): LaunchInput {
  return { name: "state", beneath: place };
}

export function notFound(id: string, cause?: unknown): CofferError {
  const hint = "`coffer list` shows the containers of this state directory";
  return new CofferError("E_CONTAINER_NOT_FOUND", `container ${id} does not exist`, { id }, { hint, cause });
}

/** Tells what failed by the name of the state directory, which the port knows by another path. */
export function ioError(runtime: Runtime, id: string, what: string, error: unknown): unknown {
  if (!SystemError.is(error)) return error;
  const path = dirOf(runtime, id);
  const details = { path, errnoName: error.errno };
  return new CofferError("E_IO", `cannot ${what}: ${path}: ${describeErrno(error.errno)}`, details, { cause: error });
}

/** The state directory of a new container. */
export interface Claimed {
  /** Tells it from a later one of the same name. */
  readonly inode: bigint;
  /** Where it is looked up, beneath the root that was held when it was made: all that makes the container is put there. */
  readonly place: string;
}

/**
 * Makes the state directory of a new container.
 *
 * @throws {CofferError} E_CONTAINER_EXISTS
 */
export function claim(runtime: Runtime, id: string): Claimed {
  const place = `${ensureRoot(runtime).at}/${checkContainerId(id)}`;
  try {
    runtime.system.makeDir(place);
    return { inode: runtime.system.stat(place, { follow: false }).inode, place };
  } catch (error) {
    if (!SystemError.is(error, "EEXIST")) throw ioError(runtime, id, "make the state directory", error);
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
export function writeRecord(runtime: Runtime, record: ContainerRecord, place?: string): void {
  const { id } = record;
  try {
    runtime.system.writeFile(`${place ?? placeOf(runtime, id)}/state.json`, printRecord(record), { exclusive: true });
  } catch (error) {
    throw ioError(runtime, id, "write the container's state", error);
  }
}

function readFile(
  runtime: Runtime,
  id: string,
  file: StateFile,
  limit: number,
  place = findPlace(runtime, id),
): string | undefined {
  try {
    return place && runtime.system.readText(`${place}/${file}`, limit);
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR")) return undefined;
    // No state is so long, a loop of links or a directory: the file is damaged, and counts as one without a state in it.
    if (SystemError.is(error, "EFBIG", "EISDIR", "ELOOP")) return "";
    throw ioError(runtime, id, "read the container's state", error);
  }
}

/** What a state directory is, or what is in it; undefined where there is no such thing. */
function lookUp(
  runtime: Runtime,
  id: string,
  file: "" | "/notify" | "/gate",
  place = findPlace(runtime, id),
): FileStat | undefined {
  try {
    return place === undefined ? undefined : runtime.system.stat(`${place}${file}`, { follow: false });
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return undefined;
    throw ioError(runtime, id, "look for the container", error);
  }
}

/** Tells whether there is a state directory, whatever is in it. */
export function hasContainer(runtime: Runtime, id: string): boolean {
  return lookUp(runtime, id, "")?.kind === "directory";
}

/**
 * Reads the record of a container.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_STATE_CORRUPT
 */
export function readRecord(runtime: Runtime, id: string): ContainerRecord {
  const place = findPlace(runtime, id);
  if (lookUp(runtime, id, "", place)?.kind !== "directory") throw notFound(id);
  const json = readFile(runtime, id, "state.json", maxRecord, place);
  if (json === undefined) throw notFound(id);
  return parseRecord(id, `${dirOf(runtime, id)}/state.json`, json);
}

/** Reads who the container's first process is; undefined before the launcher has written it. */
export function readIdentity(runtime: Runtime, id: string, place = findPlace(runtime, id)): Identity | undefined {
  const text = readFile(runtime, id, "process", 256, place);
  return text === undefined ? undefined : parseIdentity(text);
}

/** Tells whether the container waits at its gate: a `start` that was killed may have left a gate that nobody waits at. */
export async function hasGate(runtime: Runtime, id: string, place = findPlace(runtime, id)): Promise<boolean> {
  if (lookUp(runtime, id, "/gate", place)?.kind !== "socket") return false;
  try {
    return await runtime.system.isBound(`${place}/gate`);
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw ioError(runtime, id, "look for the container's gate", error);
  }
}

/** Tells whether the container may say that it is ready. */
export function hasNotify(runtime: Runtime, id: string): boolean {
  return lookUp(runtime, id, "/notify")?.kind === "directory";
}

/** The ids of all containers, in order. */
export function listIds(runtime: Runtime): readonly string[] {
  const root = findRoot(runtime);
  if (root === undefined) return [];
  return runtime.system
    .listTyped(root.at)
    .filter(({ name, kind }) => kind === "directory" && containerIdPattern.test(name))
    .map(({ name }) => name)
    .toSorted();
}

/** Where the plans of a session's commands are. */
const commandsDir = "commands";

/** Stores the plan of a command that others may run in a container, and gives its path. It is gone with the container. */
export function writeCommand(runtime: Runtime, id: string, plan: Uint8Array): string {
  const { system } = runtime;
  const dir = `${dirOf(runtime, id)}/${commandsDir}`;
  try {
    const place = `${placeOf(runtime, id)}/${commandsDir}`;
    if (!hasDir(runtime, place)) system.makeDir(place);
    const name = `${system.randomId()}.plan`;
    system.writeFile(`${place}/${name}`, plan, { mode: 0o600, exclusive: true });
    return `${dir}/${name}`;
  } catch (error) {
    throw ioError(runtime, id, "store the plan of a command", error);
  }
}

function hasDir({ system }: Runtime, path: string): boolean {
  try {
    return system.stat(path, { follow: false }).kind === "directory";
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

function removeCommands(runtime: Runtime, place: string): void {
  const path = `${place}/${commandsDir}`;
  if (hasDir(runtime, path)) runtime.system.removeDir(path, runtime.system.listDir(path));
}

/** Removes the state directory of a container. */
export function forget(runtime: Runtime, id: string, place = placeOf(runtime, id)): void {
  try {
    const found = optional(() => runtime.system.listDir(place)) ?? [];
    if (found.includes("notify")) runtime.system.removeDir(`${place}/notify`, ["notify.sock"]);
    if (found.includes(commandsDir)) removeCommands(runtime, place);
    const logs = logFiles.filter((name) => found.includes(name));
    runtime.system.removeDir(place, [...stateFiles, ...logs]);
  } catch (error) {
    throw ioError(runtime, id, "remove the container's state", error);
  }
}

/** Tells whether a state directory is still the one that was claimed, and not another's of the same name. */
export function isClaimed(runtime: Runtime, id: string, inode: bigint, place?: string): boolean {
  return lookUp(runtime, id, "", place ?? findPlace(runtime, id))?.inode === inode;
}

/** Removes the state directory that was claimed, unless somebody has removed it and another container has its name. */
export function forgetClaimed(runtime: Runtime, id: string, inode: bigint): void {
  const place = findPlace(runtime, id);
  if (place !== undefined && isClaimed(runtime, id, inode, place)) forget(runtime, id, place);
}
