// Rule R13: nobody sees init before it is harmless.
import type { LinuxIdMapping } from "@coffer/spec";
import type { Context, Draft } from "../draft/draft.ts";
import type { Namespaces } from "../namespaces/namespaces.ts";

/** Ids inside a user namespace. */
interface Ids {
  readonly uid: number;
  readonly gid: number;
}

interface Become {
  readonly from?: string;
  readonly why: string;
}

const asRoot: Become = { from: "/linux/uidMappings", why: "init goes on as the container's own root" };

/** Init's first op: `execve` may have made init dumpable. */
export function planUnseen(draft: Draft): void {
  draft.add({ op: "set-dumpable", phase: "inside", value: 0, why: "the container's processes may not look into init" });
}

/** Takes ids of the user namespace. The kernel sets a process that changes its ids to `fs.suid_dumpable`. */
export function planBecome(draft: Draft, { uid, gid }: Ids, how: Become = asRoot): void {
  draft.add({ op: "become", phase: "inside", uid, gid, ...how });
  draft.add({ op: "set-dumpable", phase: "inside", value: 0, why: "a change of ids may have undone it" });
}

/**
 * Whether a new user namespace has the ids of root, who makes it. Nothing can be hidden there by a file that root may not
 * read there (`init_program` of the helper): init is executed outside, so that its memory belongs outside too.
 */
export function mapsOwnRoot({ config, facts }: Context, namespaces: Namespaces): boolean {
  const maps = (list: readonly LinuxIdMapping[] = [], id: number): boolean =>
    list.some(({ hostID, size }) => id >= hostID && id < hostID + size);
  const { uidMappings, gidMappings } = config.linux ?? {};
  return facts.uid === 0 && namespaces.made.has("user") && maps(uidMappings, facts.uid) && maps(gidMappings, facts.gid);
}
