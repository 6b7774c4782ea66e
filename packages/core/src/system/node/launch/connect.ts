import { network } from "../builtins.ts";

/** Connects a stream socket and closes it: the name of the errno, or undefined when it could be. */
export async function tryConnect(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = network().connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "EIO"));
  });
}
