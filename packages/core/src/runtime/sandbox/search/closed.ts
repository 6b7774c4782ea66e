// What the caller may not look into although it is its own. A sandbox has the same user, and gives itself the right back: what
// is in there may be something that is hidden or guarded.
import { withParents } from "../../../paths.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { leadsTo } from "../real-path.ts";

/** Bits of a mode: its owner may read, may search. */
const [ownerReads, ownerSearches] = [0o400, 0o100];

/** What has kept a path from being looked up: the object itself, or what is above it. Undefined if its owner has the right. */
function closedAt(system: System, path: string): string | undefined {
  const { stat, caller } = system;
  for (const one of withParents(leadsTo(system, path))) {
    const found = optional(() => stat(one, { follow: false }));
    if (found === undefined) continue;
    const needed = found.kind === "directory" ? ownerReads | ownerSearches : ownerReads;
    return found.uid === caller.uid && found.kind !== "link" && (found.mode & needed) !== needed ? one : undefined;
  }
  return undefined;
}

/** A port that notes what could not be looked up. */
export interface Watched {
  readonly system: System;
  /** What has kept the caller from looking so far. */
  closed(): readonly string[];
}

/** Notes which questions to the host the caller had no right to ask. */
export function watchClosed(system: System): Watched {
  const refused = new Set<string>();
  const noting =
    <A extends readonly unknown[], R>(ask: (path: string, ...more: A) => R) =>
    (path: string, ...more: A): R => {
      try {
        return ask(path, ...more);
      } catch (error) {
        if (SystemError.is(error) && error.errno === "EACCES") refused.add(path);
        throw error;
      }
    };
  return {
    system: {
      ...system,
      stat: noting(system.stat),
      findStat: noting(system.findStat),
      readText: noting(system.readText),
      readBytes: noting(system.readBytes),
      readLink: noting(system.readLink),
      listDir: noting(system.listDir),
      listTyped: noting(system.listTyped),
    },
    closed: () => [...new Set([...refused].flatMap((path) => closedAt(system, path) ?? []))],
  };
}
