// Locks of files: flock(2) on an open file, where it stays.
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import type { LaunchLock, LaunchSetup, Lock } from "../../port.ts";
import { call } from "../call.ts";
import { toNode } from "../text.ts";
import type { FirstLock } from "./arguments.ts";
import { lockNow, lockOpen } from "./flock.ts";
import type { Waiting } from "./launch.ts";
import { startHelper } from "./launch.ts";

const { constants } = fs;
/** What flock(2) says then. */
const eagain = 11;

/** How often a lock may turn out to be of a file that is gone, before that counts as busy. */
const maxStale = 16;

/** Tells whether a path still names the open file: its directory may have been removed, and made again, while we waited. */
function isStill(fd: number, path: string): boolean {
  const held = fs.fstatSync(fd, { bigint: true });
  const named = fs.lstatSync(toNode(path), { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

/** Who calls flock(2) on our open file; undefined: we do. */
type Taker =
  | {
      /** Has it end, where it is still there. */
      end(): Promise<void>;
    }
  | undefined;

interface Held<T> {
  readonly fd: number;
  readonly taker: T;
}

type Take<T> = (fd: number) => Promise<T | "busy">;

/** One try: the lock, `busy`, or `stale` where the lock is of a file that has no name any more. */
async function tryOnce<T extends Taker>(path: string, take: Take<T>): Promise<Held<T> | "busy" | "stale"> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = call("open", path, (at) => fs.openSync(at, flags, 0o600));
  let taker: T | "busy" = "busy";
  let isKept = false;
  try {
    taker = await take(fd);
    if (taker === "busy") return "busy";
    if (!call("stat", path, () => isStill(fd, path))) return "stale";
    isKept = true;
    return { fd, taker };
  } finally {
    if (!isKept && taker !== "busy") await taker?.end();
    if (!isKept) fs.closeSync(fd);
  }
}

/** The lock; undefined when another holds it until the time is over. */
async function take<T extends Taker>(path: string, how: Take<T>): Promise<Held<T> | undefined> {
  for (let stale = 0; stale < maxStale; stale++) {
    const held = await tryOnce(path, how);
    if (held === "busy") return undefined;
    if (held !== "stale") return held;
  }
  return undefined;
}

/** Takes the exclusive lock of a file; undefined when another holds it until the time is over. */
export async function takeLock(helper: string, path: string, timeoutMs: number): Promise<Lock | undefined> {
  const held = await take(path, async (fd) => {
    const isTaken = await lockOpen(helper, fd, path, timeoutMs);
    return isTaken ? undefined : "busy";
  });
  return held && { fd: held.fd, release: () => fs.closeSync(held.fd) };
}

/** Waits for what a launcher says of the lock. */
async function awaitLock(path: string, launcher: Waiting): Promise<Waiting | "busy"> {
  const event = await launcher.next();
  const report = event.kind === "report" ? event.report : undefined;
  if (report?.state === "locked") return launcher;
  await launcher.end();
  if (report?.errno === eagain) return "busy";
  throw new SystemError("flock", path, report === undefined ? "status 255" : `errno ${report.errno}`);
}

/** What a launcher is given, and when it is started. */
interface How {
  readonly setup: LaunchSetup;
  /** A lock that could be taken here needs no launcher until there is a plan. */
  readonly late?: boolean | undefined;
}

/**
 * Starts a launcher that takes the lock of an open file and then waits for a plan. A lock is the open file's, of which the
 * launcher has a copy: where the lock could be taken here, nobody has to wait until the launcher says so.
 */
async function startLocked(
  helper: () => string,
  path: string,
  { setup, late }: How,
  lock: FirstLock,
): Promise<Waiting | undefined | "busy"> {
  const isTaken = lockNow(lock.fd);
  if (isTaken && late) return undefined;
  if (isTaken) return startHelper(helper(), setup, { fd: lock.fd, timeoutMs: undefined });
  return awaitLock(path, await startHelper(helper(), setup, lock));
}

/** Takes the lock by a launcher that then waits for a plan; undefined when another holds it until the time is over. */
export async function lockToLaunch(
  helper: () => string,
  path: string,
  timeoutMs: number,
  how: How,
): Promise<LaunchLock | undefined> {
  const held = await take(path, (fd) => startLocked(helper, path, how, { fd, timeoutMs }));
  if (held === undefined) return undefined;
  let waiting = held.taker;
  return {
    launch: async (plan) => {
      const launcher = waiting ?? (await startHelper(helper(), how.setup, { fd: held.fd, timeoutMs: undefined }));
      waiting = undefined;
      return launcher.launch(plan);
    },
    release: async () => {
      await waiting?.end();
      fs.closeSync(held.fd);
    },
  };
}
