// flock(2), which Node does not have: the helper takes the lock on our open file, where it stays.
import * as fs from "node:fs";
import { SystemError } from "../error.ts";
import type { Lock } from "../port.ts";
import { childProcess } from "./builtins.ts";
import { call } from "./call.ts";

const { constants } = fs;
/** The helper's exit status when the lock is held by another until the time is over. */
const busyStatus = 1;

function runHelper(helper: string, fd: number, timeoutMs: number): Promise<number> {
  const args = ["lock", "--fd", "3", "--timeout-ms", `${timeoutMs}`];
  return new Promise((resolve, reject) => {
    const child = childProcess().spawn(helper, args, { stdio: ["ignore", "ignore", "ignore", fd], env: {}, cwd: "/" });
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(new SystemError("execve", helper, cause.code ?? "EIO", { cause })),
    );
    child.once("exit", (status) => resolve(status ?? 255));
  });
}

/** How often a lock may turn out to be of a file that is gone, before that counts as busy. */
const maxStale = 16;

/** Tells whether a path still names the open file: its directory may have been removed, and made anew, while we waited. */
function isStill(fd: number, path: string): boolean {
  const held = fs.fstatSync(fd, { bigint: true });
  const named = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

/** One try: the lock, `busy`, or `stale` where the lock is of a file that has no name any more. */
async function tryOnce(helper: string, path: string, timeoutMs: number): Promise<Lock | "busy" | "stale"> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = call("open", path, () => fs.openSync(path, flags, 0o600));
  let isKept = false;
  try {
    const status = await runHelper(helper, fd, timeoutMs);
    if (status === busyStatus) return "busy";
    if (status !== 0) throw new SystemError("flock", path, `status ${status}`);
    if (!call("stat", path, () => isStill(fd, path))) return "stale";
    isKept = true;
    return { fd, release: () => fs.closeSync(fd) };
  } finally {
    if (!isKept) fs.closeSync(fd);
  }
}

/** Takes the exclusive lock of a file; undefined when another holds it until the time is over. */
export async function takeLock(helper: string, path: string, timeoutMs: number): Promise<Lock | undefined> {
  for (let stale = 0; stale < maxStale; stale++) {
    const lock = await tryOnce(helper, path, timeoutMs);
    if (lock === "busy") return undefined;
    if (lock !== "stale") return lock;
  }
  return undefined;
}
