// Where the layers of kept overlays are. What a hostile program wrote is in there: a sandbox sees no other's, and nothing of
// the host acts upon them.

import { lowerOf } from "../../../defaults/sandbox/rules.ts";
import { CofferError, quote } from "../../../errors.ts";
import { isBeneath, joinPath } from "../../../paths.ts";
import type { ProcessIdentity } from "../../../plan/index.ts";
import { describeErrno } from "../../../system/errno.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { HeldDir, HeldPath } from "../../../system/held.ts";
import type { Lock, System } from "../../../system/port.ts";
import { whyUntrusted } from "../../../system/trust.ts";
import type { Runtime } from "../../runtime.ts";
import { checkContainerId } from "../../store/container-id.ts";
import { isAlive, parseIdentity, readBootId } from "../../store/identity.ts";
import { stateDir } from "../own/places.ts";
import { checkFinished } from "./journals.ts";

/** Of an overlay's directory: the lock, what it is the overlay of, and the directory that is mounted. */
const names = { lock: "lock", record: "record.json", process: "process", layers: "layers" } as const;
const mostRecord = 65_536;

/** What is known of an overlay. */
export interface OverlayRecord {
  /** The tree that it lies over. */
  readonly tree: string;
  /** RFC 3339. */
  readonly created: string;
  /** Which directory that is, whatever is at its path later: as the helper says it, with the boot. */
  readonly identity: string;
}

/** An overlay that nobody else can use until it is released. */
export interface HeldOverlay {
  readonly dir: string;
  /** The directory that has the layers: without links. */
  readonly layers: string;
  readonly lock: Lock;
  readonly record: OverlayRecord | undefined;
}

/** The directory of all overlays. */
export function overlaysDir(system: System): string {
  const state = stateDir(system);
  if (state !== undefined) return joinPath(state, "overlays");
  const hint = "set XDG_STATE_HOME or HOME";
  throw new CofferError("E_USAGE", "no place is known for overlays that are kept", { argument: "overlay" }, { hint });
}

function refuse(path: string, why: string, cause?: unknown): CofferError {
  const hint = "XDG_STATE_HOME names another directory; nobody but you and root may be able to write there";
  return new CofferError("E_IO", `cannot keep overlays in ${quote(path)}: ${why}`, { path }, { hint, cause });
}

/** Holds a directory of ours. Nobody else may be able to give any name on the way to something else. */
function hold(system: System, path: string, make: boolean): HeldDir {
  const passes: Parameters<System["holdDir"]>[1]["passes"] = (passed) => {
    const why = whyUntrusted(system, passed.stat);
    if (why !== undefined) throw refuse(path, `${passed.path}, on the way to it, ${why}`);
  };
  try {
    const held = system.holdDir(path, { passes, make });
    if (held.stat.uid !== system.caller.uid) throw refuse(path, `it belongs to user ${held.stat.uid}`);
    return held;
  } catch (error) {
    if (!SystemError.is(error) || error.errno === "ENOENT") throw error;
    throw refuse(path, describeErrno(error.errno), error);
  }
}

/** The path without links of a directory of ours; undefined if it is missing. */
export function findOverlays(system: System, make = false): string | undefined {
  const dir = overlaysDir(system);
  try {
    hold(system, dir, make);
    const at = system.openPath(dir, dir, "directory");
    at.close();
    return at.path;
  } catch (error) {
    if (SystemError.is(error, "ENOENT") && !make) return undefined;
    if (SystemError.is(error)) throw refuse(dir, describeErrno(error.errno), error);
    throw error;
  }
}

function nameOf(name: string | undefined): string {
  if (name !== undefined) return checkContainerId(name);
  const hint = "give --name: the next sandbox of that name and --overlay=keep goes on with the same layers";
  throw new CofferError("E_USAGE", "an overlay that is kept has a name", { argument: "overlay" }, { hint });
}

/** What an overlay says of itself; undefined if its record is missing or broken. */
export function readOverlay(system: System, dir: string): OverlayRecord | undefined {
  const text = optional(() => system.readText(joinPath(dir, names.record), mostRecord));
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== "object" || found === null) return undefined;
    const { tree, created, identity } = { tree: undefined, created: undefined, identity: undefined, ...found };
    if (typeof tree !== "string" || typeof created !== "string" || typeof identity !== "string") return undefined;
    return { tree, created, identity };
  } catch {
    return undefined;
  }
}

/** The overlay of a name, or what it would be: nobody holds it. */
export function findOverlay(system: System, name: string | undefined): Pick<HeldOverlay, "layers" | "record"> {
  const dir = joinPath(findOverlays(system) ?? overlaysDir(system), nameOf(name));
  return { layers: joinPath(dir, names.layers), record: readOverlay(system, dir) };
}

/** Whether the process 1 of the last sandbox is still there: with it everything ends that runs in the sandbox. */
export function isUsed(system: System, dir: string): boolean {
  const text = optional(() => system.readText(joinPath(dir, names.process), 256));
  const identity = text === undefined ? undefined : parseIdentity(text);
  return identity !== undefined && isAlive(system, identity);
}

/** A launcher that has told of its failure has the lock until it has ended, a moment later. */
const lockMs = 500;

/**
 * Takes the lock of an overlay. The sandbox's launcher has it too, so that it is held as long as that runs. Should both be
 * killed, the sandbox's processes may be there a moment longer.
 */
export async function lockOverlay({ system }: Runtime, dir: string, name: string): Promise<Lock> {
  const lock = await system.lock(joinPath(dir, names.lock), lockMs);
  if (lock !== undefined && !isUsed(system, dir)) return lock;
  lock?.release();
  const hint = "wait until it ends, or use another name";
  throw new CofferError("E_TIMEOUT", `the overlay ${name} is in use`, { timeoutMs: lockMs }, { hint });
}

/**
 * Makes the overlay of that name if it is missing, and holds it.
 *
 * @throws {CofferError} E_USAGE without a name; E_TIMEOUT where somebody uses it; E_IO
 */
export async function holdOverlay(runtime: Runtime, given: string | undefined): Promise<HeldOverlay> {
  const { system } = runtime;
  const name = nameOf(given);
  const dir = joinPath(findOverlays(system, true) ?? overlaysDir(system), name);
  try {
    system.makeDir(dir, { parents: true });
    const lock = await lockOverlay(runtime, dir, name);
    const layers = joinPath(dir, names.layers);
    try {
      checkFinished(system, dir, name);
      system.makeDir(lowerOf(layers), { parents: true });
    } catch (error) {
      lock.release();
      throw error;
    }
    return { dir, layers, lock, record: readOverlay(system, dir) };
  } catch (error) {
    throw SystemError.is(error) ? refuse(dir, describeErrno(error.errno), error) : error;
  }
}

/** Fails where an overlay lies over another tree, or would have to lie over itself. */
export function checkTree({ layers, record }: Pick<HeldOverlay, "layers" | "record">, tree: string): void {
  const argument = "overlay";
  if (isBeneath(layers, tree)) {
    const hint = "work in a directory beneath, or set XDG_STATE_HOME to a place elsewhere";
    const message = `${quote(tree)} has the place of overlays in it: ${quote(layers)}`;
    throw new CofferError("E_USAGE", message, { argument }, { hint });
  }
  if (record === undefined || record.tree === tree) return;
  const hint = "use another name, or remove it with `coffer overlay delete`";
  throw new CofferError("E_USAGE", `that overlay is of ${quote(record.tree)}`, { argument }, { hint });
}

/** Writes down the process 1 of the sandbox that has the overlay. */
export function recordUser({ system }: Runtime, { dir }: HeldOverlay, process: ProcessIdentity): void {
  const { pid, startTime, inode } = process;
  const text = `${pid} ${startTime} ${inode} ${readBootId(system)}\n`;
  system.writeFile(joinPath(dir, names.process), text);
}

/** What a directory is, and in which boot the numbers of its device count. */
async function identify(system: System, tree: HeldPath): Promise<string> {
  const { status, output } = await system.askHelper(["layers", "identify", "--lower-fd", "3"], [tree.fd]);
  if (status === 0) return `${output} ${readBootId(system)}`;
  throw new CofferError("E_IO", `cannot look at ${quote(tree.path)}: status ${status}`, { path: tree.path });
}

/** Whether these are one directory. The numbers of devices may be others after the next boot. */
function isOneTree(a: string, b: string): boolean {
  const [inode, born, major, minor, boot] = a.split(" ");
  const others = b.split(" ");
  const isOne = inode === others[0] && born === others[1];
  return isOne && (boot !== others[4] || (major === others[2] && minor === others[3]));
}

/** Fails where another directory is at the path of an overlay's tree. */
export async function checkIdentity({ system }: Runtime, record: OverlayRecord, tree: HeldPath): Promise<void> {
  if (isOneTree(record.identity, await identify(system, tree))) return;
  const hint = "use another name, or remove the overlay with `coffer overlay delete`";
  const message = `another directory is at ${quote(record.tree)} than when the overlay was made`;
  throw new CofferError("E_USAGE", message, { argument: "overlay" }, { hint });
}

/** Writes down what a new overlay lies over; fails where an older one lies over another directory. */
export async function recordOverlay(runtime: Runtime, { dir, record }: HeldOverlay, tree: HeldPath): Promise<void> {
  if (record !== undefined) return checkIdentity(runtime, record, tree);
  const { system } = runtime;
  const told: OverlayRecord = { tree: tree.path, created: system.now(), identity: await identify(system, tree) };
  system.writeFile(joinPath(dir, names.record), `${JSON.stringify(told)}\n`);
}
