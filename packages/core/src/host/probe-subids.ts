// The ids that a user may map besides its own: subuid(5), subgid(5) and the programs that map them.
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { IdRange, SubidFacts } from "./facts.ts";
import { findUserName } from "./user-name.ts";

const programDirs = ["/usr/bin", "/bin", "/usr/sbin"] as const;

/** The ranges that a file gives to any of those owners; none where there is no such file, or none that can be read. */
function readRanges(system: System, path: string, owners: readonly string[]): readonly IdRange[] {
  const ranges: IdRange[] = [];
  try {
    for (const line of system.readLines(path)) {
      const match = /^([^:]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim());
      if (match?.[1] === undefined || !owners.includes(match[1])) continue;
      const range = { start: Number(match[2]), length: Number(match[3]) };
      if (range.length > 0 && range.start + range.length <= 0xffffffff) ranges.push(range);
    }
  } catch (error) {
    if (!SystemError.is(error)) throw error;
  }
  return ranges;
}

function findProgram(system: System, name: string): string | undefined {
  return programDirs.map((dir) => `${dir}/${name}`).find((path) => system.canAccess(path, "execute"));
}

/** Of a caller that needs none. */
export const noSubids: SubidFacts = { uids: [], gids: [] };

/** Reads the caller's ranges and finds newuidmap(1) and newgidmap(1). */
export function probeSubids(system: System): SubidFacts {
  const { uid } = system.caller;
  const name = findUserName(system, uid);
  const owners = [`${uid}`, ...(name === undefined ? [] : [name])];
  const newuidmap = findProgram(system, "newuidmap");
  const newgidmap = findProgram(system, "newgidmap");
  return {
    uids: readRanges(system, "/etc/subuid", owners),
    gids: readRanges(system, "/etc/subgid", owners),
    ...(newuidmap === undefined ? {} : { newuidmap }),
    ...(newgidmap === undefined ? {} : { newgidmap }),
  };
}
