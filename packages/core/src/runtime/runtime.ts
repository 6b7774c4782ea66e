import { CofferError, quote } from "../errors.ts";
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import { describeErrno } from "./errno.ts";
import type { Guarded } from "./guard.ts";

/** What every verb works with: the port, the directory of the containers' state, and the policy. */
export interface Runtime extends Guarded {
  readonly system: System;
  readonly root: string;
  /** Is told of what fails and is passed over, as the spec has it for poststop hooks. */
  readonly warn?: ((warning: CofferError) => void) | undefined;
}

const othersWrite = 0o022;

function workingDirectory({ caller }: System): string {
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
export function toAbsolute(system: System, path: string): string {
  const whole = path.startsWith("/") ? path : `${workingDirectory(system)}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The inode of the first user namespace: PROC_USER_INIT_INO of the kernel. */
const initialUserns = "user:[4026531837]";

/** Whether the caller is root in the first user namespace. */
export function isHostRoot({ caller, readLink }: System): boolean {
  if (caller.uid !== 0) return false;
  try {
    return readLink("/proc/self/ns/user") === initialUserns;
  } catch (error) {
    if (SystemError.is(error)) return true;
    throw error;
  }
}

/** Where state is kept unless the caller says: on a file system that a restart empties. */
export function defaultRoot(system: System): string {
  const { uid, env } = system.caller;
  const runtimeDir = env.XDG_RUNTIME_DIR;
  // Engines of an ordinary user call from its user namespace, as root of that.
  if (uid === 0 && (isHostRoot(system) || !runtimeDir?.startsWith("/"))) return "/run/coffer";
  return runtimeDir?.startsWith("/") ? `${runtimeDir}/coffer` : `/tmp/coffer-${uid}`;
}

function refuseRoot(root: string, found: string): CofferError {
  const hint = "name another with --root, or make it a directory of yours with mode 0700";
  return new CofferError("E_IO", `cannot keep state in ${quote(root)}: ${found}`, { path: root }, { hint });
}

function checkRoot({ system, root }: Runtime): void {
  const found = system.stat(root, { follow: false });
  if (found.kind !== "directory") throw refuseRoot(root, `it is a ${found.kind}`);
  if (found.uid !== system.caller.uid) throw refuseRoot(root, `it belongs to user ${found.uid}`);
  if ((found.mode & othersWrite) !== 0) throw refuseRoot(root, "others may write to it");
}

/** Tells whether there is a state directory; checks that nobody else can have put anything in it. */
export function hasRoot(runtime: Runtime): boolean {
  try {
    checkRoot(runtime);
    return true;
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return false;
    throw SystemError.is(error) ? refuseRoot(runtime.root, describeErrno(error.errno)) : error;
  }
}

/** Makes the state directory when there is none, and checks it. */
export function ensureRoot(runtime: Runtime): void {
  if (hasRoot(runtime)) return;
  try {
    runtime.system.makeDir(runtime.root, { parents: true });
    checkRoot(runtime);
  } catch (error) {
    throw SystemError.is(error) ? refuseRoot(runtime.root, describeErrno(error.errno)) : error;
  }
}
