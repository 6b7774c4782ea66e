import { versions } from "node:process";
import { network } from "../builtins.ts";

/** Bun's sockets say ECONNREFUSED for EPROTOTYPE. Its `fetch`, which takes a path, says which. */
async function tryFetch(unix: string): Promise<string | undefined> {
  try {
    const request = { method: "HEAD", unix };
    await fetch("http://localhost/", request);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? `${error.code}` : "EIO";
  }
}

/** Connects a stream socket and closes it: the name of the errno, or undefined when it could be. */
export async function tryConnect(path: string): Promise<string | undefined> {
  if ("bun" in versions) return tryFetch(path);
  return new Promise((resolve) => {
    const socket = network().connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "EIO"));
  });
}
