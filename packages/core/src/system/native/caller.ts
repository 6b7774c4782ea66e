// Where the caller is, and its environment: the host gives bytes, so that nothing has to be found out twice as with Node.
import { SystemError } from "../error.ts";
import { readText } from "../node/files/files.ts";
import type { Caller, System } from "../port.ts";
import { errnoName } from "./node/errno.ts";
import process from "./node/process.ts";
import { toText } from "./text.ts";

const closeOnExec = 0o2000000;
const maxFdinfo = 65536;

/** The path of the working directory. */
export function readCwd(): string {
  const path = host.cwd();
  if (typeof path === "number") throw new SystemError("getcwd", ".", errnoName(path));
  return toText(path);
}

/** The environment. */
export function readEnv(): Caller["env"] {
  return process.env;
}

/** Whether a descriptor was there at the start: what is opened since closes on exec (O_CLOEXEC), and execve(2) left none of those. */
export const isInherited: System["isInherited"] = (fd) => {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readText(`/proc/self/fdinfo/${fd}`, maxFdinfo))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
};
