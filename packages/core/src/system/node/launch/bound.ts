// Whether somebody has a unix socket open, found out without being noticed.
import * as fs from "node:fs";
import { isUtf8 } from "../../../wire/utf8.ts";
import { call } from "../call.ts";
import { tryConnect } from "./connect.ts";

/** Of an address of unix(7), without the NUL. */
const longest = 107;

/** A path that is short enough and UTF-8, which Node asks for, and the descriptor to close. */
function shortPath(path: string): { readonly short: string; readonly fd: number | undefined } {
  if (isUtf8(path) && Buffer.byteLength(path) <= longest) return { short: path, fd: undefined };
  const slash = path.lastIndexOf("/");
  const fd = call("open", path.slice(0, slash) || "/", (at) => fs.openSync(at, fs.constants.O_DIRECTORY));
  return { short: `/proc/self/fd/${fd}${path.slice(slash)}`, fd };
}

/**
 * Tells whether a process has the socket open, of any type but a stream. An open socket refuses a stream socket for its type
 * (EPROTOTYPE), and a socket that was closed refuses it with ECONNREFUSED. It sees nothing of either.
 */
export async function isBound(path: string): Promise<boolean> {
  const { short, fd } = shortPath(path);
  try {
    const errno = await tryConnect(short);
    return errno !== "ECONNREFUSED" && errno !== "ENOENT";
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
