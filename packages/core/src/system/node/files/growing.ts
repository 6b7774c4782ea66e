// Files that somebody else writes while they are read.
import * as fs from "node:fs";
import { SystemError } from "../../error.ts";
import type { Growing } from "../../port.ts";
import { call } from "../call.ts";

const { constants } = fs;
const pieceBytes = 65_536;

/** Opens a regular file: ELOOP for a link, EPERM for anything else. */
export function openGrowing(path: string): Growing {
  const flags = constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const fd = call("open", path, (at) => fs.openSync(at, flags));
  const close = (): void => fs.closeSync(fd);
  if (!fs.fstatSync(fd, { bigint: true }).isFile()) {
    close();
    throw new SystemError("open", path, "EPERM");
  }
  const read = (most = pieceBytes): Uint8Array => {
    const into = new Uint8Array(most);
    return into.subarray(
      0,
      call("read", path, () => fs.readSync(fd, into, 0, most, null)),
    );
  };
  return { read, close };
}
