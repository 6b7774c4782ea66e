// The directory of the containers' state: held by descriptor, and trusted as far as its owner and that of all on its path are.
import { CofferError, quote } from "../../errors.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldDir, Passed } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import { describeErrno } from "../launch/errno.ts";
import type { Runtime } from "../runtime.ts";
import { isFirstUserns } from "../runtime.ts";

const groupWrites = 0o020;
const othersWrite = 0o002;
const sticky = 0o1000;
/** Whom a user namespace shows where an id is not mapped: the host's root, for one. The kernel's default. */
const overflowId = 65534;

function refuse(root: string, found: string): CofferError {
  const hint =
    "name another with --root, or make it a directory of yours with mode 0700, where only you and root may write";
  return new CofferError("E_IO", `cannot keep state in ${quote(root)}: ${found}`, { path: root }, { hint });
}

/** A group that has the number of its user, as private groups of users have, or root's. */
function isOwnGroup({ caller }: System, gid: number): boolean {
  return gid === 0 || (gid === caller.gid && gid === caller.uid);
}

/** Why somebody else may give the name of this, or a name in it, to something else; undefined where nobody may. */
export function whyUntrusted(system: System, { kind, mode, uid, gid }: Passed["stat"]): string | undefined {
  const isTrusted = uid === 0 || uid === system.caller.uid || (uid === overflowId && !isFirstUserns(system));
  if (!isTrusted) return `belongs to user ${uid}`;
  // Nobody looks at the mode of a link. In a sticky directory only the owner of a name can give it to something else.
  if (kind === "link" || (mode & sticky) !== 0) return undefined;
  if ((mode & othersWrite) !== 0) return "others may write to it";
  return (mode & groupWrites) !== 0 && !isOwnGroup(system, gid) ? `group ${gid} may write to it` : undefined;
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
 * The state directory; undefined where there is none.
 *
 * @throws {CofferError} E_IO where somebody else could have put something in it, or another in its place
 */
export function findRoot(runtime: Runtime): HeldDir | undefined {
  try {
    return hold(runtime, false);
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return undefined;
    throw SystemError.is(error) ? refuse(runtime.root, describeErrno(error.errno)) : error;
  }
}

/** The state directory, which is made when there is none. */
export function ensureRoot(runtime: Runtime): HeldDir {
  try {
    return hold(runtime, true);
  } catch (error) {
    throw SystemError.is(error) ? refuse(runtime.root, describeErrno(error.errno)) : error;
  }
}
