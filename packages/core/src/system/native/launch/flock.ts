import { SystemError } from "../../error.ts";
import { errnoName } from "../node/errno.ts";

const eagain = -11;

/** Takes the exclusive lock of an open file. False when another holds it until the time is over. */
export async function lockOpen(_helper: string, fd: number, path: string, timeoutMs: number): Promise<boolean> {
  const result = host.flock(fd, timeoutMs);
  if (result < 0 && result !== eagain) throw new SystemError("flock", path, errnoName(result));
  return result === 0;
}

/** Takes the exclusive lock of an open file where nobody has it. */
export function lockNow(fd: number): boolean {
  return host.flock(fd, 0) === 0;
}
