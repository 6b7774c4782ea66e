// Whom a name of a file can be trusted to belong to.
import type { Passed } from "./held.ts";
import type { System } from "./port.ts";
import { isFirstUserns } from "./userns.ts";

export const groupWrites = 0o020;
export const othersWrite = 0o002;
const sticky = 0o1000;
/** Whom a user namespace shows where an id is not mapped: the host's root, for one. The kernel's default. */
const overflowId = 65534;

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
