import { CofferError } from "../errors.ts";
import { readOr, SystemError } from "../system/error.ts";
import type { Caller, System } from "../system/port.ts";
import { initialUserns } from "../system/userns.ts";
import { describeErrno } from "./launch/errno.ts";
import type { Guarded } from "./policy/guard.ts";

/** What every verb works with: the port, the directory of the containers' state, and the policy. */
export interface Runtime extends Guarded {
  readonly system: System;
  readonly root: string;
  /** Is told of what fails and is passed over (E_LAUNCH_FAILED of a poststop hook), and of what is odd in a config (E_CONFIG_INVALID). */
  readonly warn?: ((warning: CofferError) => void) | undefined;
  /** Is told what happens: each launch of a plan. */
  readonly debug?: ((message: string) => void) | undefined;
  /** What is odd in a config is an error. */
  readonly strict?: boolean | undefined;
}

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

/** Whether the caller is in the first user namespace, as far as that can be told. */
export function isFirstUserns({ readLink }: System): boolean {
  return readOr(true, () => readLink("/proc/self/ns/user") === initialUserns);
}

/** Whether the caller is root in the first user namespace. */
export function isHostRoot(system: System): boolean {
  return system.caller.uid === 0 && isFirstUserns(system);
}

/** Where state is kept unless the caller says: on a file system that a restart empties. */
export function defaultRoot(system: System): string {
  const { uid, env } = system.caller;
  const runtimeDir = env.XDG_RUNTIME_DIR;
  // Engines of an ordinary user call from its user namespace, as root of that.
  if (uid === 0 && (isHostRoot(system) || !runtimeDir?.startsWith("/"))) return "/run/coffer";
  return runtimeDir?.startsWith("/") ? `${runtimeDir}/coffer` : `/tmp/coffer-${uid}`;
}
