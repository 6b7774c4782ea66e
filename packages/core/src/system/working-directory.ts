import { CofferError } from "../errors.ts";
import { describeErrno } from "./errno.ts";
import { SystemError } from "./error.ts";
import type { Caller } from "./port.ts";

/** Whose paths are made absolute. */
interface CallerOf {
  readonly caller: Pick<Caller, "cwd">;
}

function workingDirectory({ caller }: CallerOf): string {
  try {
    return caller.cwd;
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const why =
      error.errno === "EILSEQ" ? "its name is not UTF-8, and /proc does not tell it" : describeErrno(error.errno);
    const hint = "go to another directory, or name absolute paths";
    const details = { path: ".", errnoName: error.errno };
    throw new CofferError("E_IO", `cannot tell the working directory: ${why}`, details, { hint, cause: error });
  }
}

/** Makes a path of the caller absolute. */
export function toAbsolute(system: CallerOf, path: string): string {
  const whole = path.startsWith("/") ? path : `${workingDirectory(system)}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
