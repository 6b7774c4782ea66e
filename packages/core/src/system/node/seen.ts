// What another process sees at a path: held, so that nobody can exchange it later.

import * as fs from "node:fs";
import { SystemError } from "../error.ts";
import type { HeldMount } from "../held.ts";
import type { System } from "../port.ts";
import { call } from "./call.ts";
import { ownFds } from "./files/hold.ts";

/** open(2): only names the object. */
const oPath = 0o10000000;
const { O_NOFOLLOW } = fs.constants;

/** The mount that a descriptor leads to (proc_pid_fdinfo(5)). */
function mountOf(fd: number, path: string): number {
  const found = /^mnt_id:\s*(\d+)$/m.exec(call("read", path, () => fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")));
  if (found?.[1] === undefined) throw new SystemError("read", path, "ENOTSUP");
  return Number(found[1]);
}

function open(pid: number, path: string): HeldMount {
  const fd = call("open", `/proc/${pid}/root${path}`, (at) => fs.openSync(at, oPath | O_NOFOLLOW));
  ownFds.add(fd);
  const close = (): void => {
    ownFds.delete(fd);
    fs.closeSync(fd);
  };
  try {
    return { fd, mount: mountOf(fd, path), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Opens what a process sees at a path, which it may exchange meanwhile: the caller compares the mount. */
export const openSeen: System["openSeen"] = open;
