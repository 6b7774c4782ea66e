// Where the caller is, and its environment: the host gives bytes, so that nothing has to be found out twice as with Node.
import { SystemError } from "../error.ts";
import type { Caller } from "../port.ts";
import { errnoName } from "./node/errno.ts";
import process from "./node/process.ts";
import { toText } from "./text.ts";

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
