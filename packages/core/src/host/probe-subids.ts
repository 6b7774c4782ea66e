// The ids that a user may map besides its own: subuid(5), subgid(5) and the programs that map them.
import { SystemError } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { IdRange, SubidFacts } from "./facts.ts";

const limit = 4 * 1024 * 1024;
const programDirs = ["/usr/bin", "/bin", "/usr/sbin"] as const;

function readLines(system: System, path: string): readonly string[] {
  try {
    return system.readText(path, limit).split("\n");
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "EACCES")) return [];
    throw error;
  }
}

function findName(system: System): string | undefined {
  const uid = `${system.caller.uid}`;
  for (const line of readLines(system, "/etc/passwd")) {
    const [name, , id] = line.split(":");
    if (id === uid) return name;
  }
  return undefined;
}

function parseRanges(lines: readonly string[], owners: readonly string[]): readonly IdRange[] {
  return lines.flatMap((line) => {
    const match = /^([^:]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim());
    if (match?.[1] === undefined || !owners.includes(match[1])) return [];
    const range = { start: Number(match[2]), length: Number(match[3]) };
    return range.length > 0 && range.start + range.length <= 0xffffffff ? [range] : [];
  });
}

function findProgram(system: System, name: string): string | undefined {
  return programDirs.map((dir) => `${dir}/${name}`).find((path) => system.canAccess(path, "execute"));
}

/** Reads the caller's ranges and finds newuidmap(1) and newgidmap(1). */
export function probeSubids(system: System): SubidFacts {
  const name = findName(system);
  const owners = [`${system.caller.uid}`, ...(name === undefined ? [] : [name])];
  const newuidmap = findProgram(system, "newuidmap");
  const newgidmap = findProgram(system, "newgidmap");
  return {
    uids: parseRanges(readLines(system, "/etc/subuid"), owners),
    gids: parseRanges(readLines(system, "/etc/subgid"), owners),
    ...(newuidmap === undefined ? {} : { newuidmap }),
    ...(newgidmap === undefined ? {} : { newgidmap }),
  };
}
