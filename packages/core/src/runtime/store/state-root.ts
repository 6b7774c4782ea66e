// The directory of the containers' state: held by descriptor, and trusted as far as its owner and that of all on its path are.
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldDir, Passed } from "../../system/held.ts";
import { groupWrites, othersWrite, whyUntrusted } from "../../system/trust.ts";
import type { Runtime } from "../runtime.ts";

function refuse(root: string, found: string): CofferError {
  const hint =
    "name another with --root, or make it a directory of yours with mode 0700, where only you and root may write";
  return new CofferError("E_IO", `cannot keep state in ${quote(root)}: ${found}`, { path: root }, { hint });
}

function check({ system, root }: Runtime, { path, stat }: Passed): void {
  if (path === root && stat.kind !== "directory") throw refuse(root, `it is a ${stat.kind}`);
  const found = whyUntrusted(system, stat);
  if (found !== undefined) throw refuse(root, path === root ? `it ${found}` : `${path}, on the way to it, ${found}`);
}

/** The state directory itself is the caller's alone: nobody else can have put anything in it. */
function checkOwn({ system, root }: Runtime, { stat: { uid, mode } }: HeldDir): void {
  if (uid !== system.caller.uid) throw refuse(root, `it belongs to user ${uid}`);
  if ((mode & (othersWrite | groupWrites)) !== 0) throw refuse(root, "others may write to it");
}

function hold(runtime: Runtime, make: boolean): HeldDir {
  const found = runtime.system.holdDir(runtime.root, { passes: (passed) => check(runtime, passed), make });
  checkOwn(runtime, found);
  return found;
}

/**
 * The state directory; undefined if it is missing.
 *
 * @throws {CofferError} E_IO where somebody else could have put something in it, or another in its place
 */
export function findRoot(runtime: Runtime): HeldDir | undefined {
  if (runtime.heldRoot !== undefined) return runtime.heldRoot;
  try {
    return hold(runtime, false);
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return undefined;
    throw SystemError.is(error) ? refuse(runtime.root, describeErrno(error.errno)) : error;
  }
}

/**
 * The runtime for one short verb, which looks up its state directory once.
 *
 * @throws {CofferError} as `findRoot`
 */
export const withRoot = (runtime: Runtime): Runtime => ({ ...runtime, heldRoot: findRoot(runtime) });

/** The state directory, which is made if it is missing. */
export function ensureRoot(runtime: Runtime): HeldDir {
  try {
    return hold(runtime, true);
  } catch (error) {
    throw SystemError.is(error) ? refuse(runtime.root, describeErrno(error.errno)) : error;
  }
}
