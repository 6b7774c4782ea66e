// Who a container's first process is. The launcher writes it down before init may go on; here it is only compared, and
// the helper compares it again through a pidfd before it signals or joins.
import { readOr, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";

/** The identity of a process: a pid alone is used again for others. */
export interface Identity {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTime: bigint;
  /** The inode of its pidfd in pidfs; 0 when the kernel has none. */
  readonly inode: bigint;
  readonly bootId: string;
}

const recordPattern = /^(\d{1,10}) (\d{1,20}) (\d{1,20}) ([0-9a-f-]{36})\n?$/;

/** Reads the record `pid startTime inode bootid`; undefined when it is none. */
export function parseIdentity(text: string): Identity | undefined {
  const match = recordPattern.exec(text);
  if (match === null) return undefined;
  const [, pid = "", startTime = "", inode = "", bootId = ""] = match;
  return { pid: Number(pid), startTime: BigInt(startTime), inode: BigInt(inode), bootId };
}

/** Reads state and start time of `/proc/PID/stat`. The name may hold anything, so count from its last parenthesis. */
function parseStat(text: string): { readonly state: string; readonly startTime: bigint } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  return { state, startTime: BigInt(startTime) };
}

/** Reads the boot id of this boot. */
export function readBootId(system: System): string {
  return system.readText("/proc/sys/kernel/random/boot_id", 64).trim();
}

/** The start time of a process; 0 when it has gone. */
export function readStartTime(system: System, pid: number): bigint {
  return readOr(0n, () => parseStat(system.readText(`/proc/${pid}/stat`, 4096))?.startTime ?? 0n, "ENOENT", "ESRCH");
}

/** This process, as the record of what ends with it has it: the kernel's inode of its pidfd is not asked for. */
export function readOwnIdentity(system: System): string {
  const { pid } = system.caller;
  return `${pid} ${readStartTime(system, pid)} 0 ${readBootId(system)}`;
}

/** From where processes are seen: numbers of processes are those of a pid namespace, start times those of a time namespace. */
export interface Viewpoint {
  /** The namespaces of /proc/self/ns; empty if the link is missing, or if /proc is of another. */
  readonly pid: string;
  readonly time: string;
}

function readNamespace(system: System, name: "pid" | "time"): string {
  return readOr("", () => system.readLink(`/proc/self/ns/${name}`));
}

function isOwnProc({ caller, readLink }: System): boolean {
  return readOr(false, () => readLink("/proc/self") === `${caller.pid}`);
}

/** Reads from where this caller sees processes. */
export function readViewpoint(system: System): Viewpoint {
  return {
    pid: isOwnProc(system) ? readNamespace(system, "pid") : "",
    time: readNamespace(system, "time"),
  };
}

/**
 * Tells whether a process that was recorded from a viewpoint can be found from here. One of another boot can: it is gone. Older
 * records have no viewpoint.
 */
export function canBeSeen(system: System, identity: Identity, from: Viewpoint | undefined): boolean {
  if (from === undefined) return true;
  const here = readViewpoint(system);
  const isSame = here.pid !== "" && here.pid === from.pid && here.time === from.time;
  return isSame || readBootId(system) !== identity.bootId;
}

/** Tells whether the process is still there and has not ended: a zombie has. */
export function isAlive(system: System, identity: Identity): boolean {
  try {
    const stat = parseStat(system.readText(`/proc/${identity.pid}/stat`, 4096));
    if (stat === undefined || stat.startTime !== identity.startTime) return false;
    return stat.state !== "Z" && stat.state !== "X" && readBootId(system) === identity.bootId;
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ESRCH")) return false;
    throw error;
  }
}
