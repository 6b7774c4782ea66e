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

/** Takes the exclusive lock of a file; undefined when another holds it until the time is over. */
export async function takeLock(helper: string, path: string, timeoutMs: number): Promise<Lock | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = call("open", path, () => fs.openSync(path, flags, 0o600));
  const status = await runHelper(helper, fd, timeoutMs).catch((error: unknown) => {
    fs.closeSync(fd);
    throw error;
  });
  if (status === 0) return { fd, release: () => fs.closeSync(fd) };
  fs.closeSync(fd);
  if (status === busyStatus) return undefined;
  throw new SystemError("flock", path, `status ${status}`);
}
