import { errnoName } from "../node/errno.ts";

/** Connects a stream socket and closes it: the name of the errno, or undefined when it could be. */
export async function tryConnect(path: string): Promise<string | undefined> {
  const result = host.probeSocket(path);
  return result === 0 ? undefined : errnoName(result);
}
