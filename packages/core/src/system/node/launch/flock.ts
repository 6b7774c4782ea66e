// flock(2), which Node does not have: the helper takes the lock on our open file, where it stays.
import { SystemError } from "../../error.ts";
import { childProcess } from "../builtins.ts";

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

/** Takes the exclusive lock of an open file. False when another holds it until the time is over. */
export async function lockOpen(helper: string, fd: number, path: string, timeoutMs: number): Promise<boolean> {
  const status = await runHelper(helper, fd, timeoutMs);
  if (status !== 0 && status !== busyStatus) throw new SystemError("flock", path, `status ${status}`);
  return status === 0;
}

/** Node has no flock(2): a launcher takes the lock. */
export function lockNow(_fd: number): boolean {
  return false;
}
