// Programs that a sandbox has put where the caller's shell finds them by PATH before others of the same name.
import { isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { leadsTo } from "../real-path.ts";

/** So many directories that a relative entry may count from are looked at. */
const mostDirs = 5000;

/** A program that a sandbox has made or changed, and what it hides. */
export interface Shadow {
  readonly path: string;
  readonly hides: string;
}

/** Directories of an entry of PATH that were written, and the entries before and behind it that were not. */
interface Entry {
  readonly dirs: readonly string[];
  readonly before: readonly string[];
  readonly behind: readonly string[];
}

function entriesOf({ caller }: System, written: readonly string[], passed: readonly string[]): readonly Entry[] {
  const isWritten = (path: string): boolean => written.some((one) => isBeneath(path, one));
  const entries = caller.env.PATH?.split(":") ?? [];
  const hostsOwn = (some: readonly string[]): readonly string[] =>
    some.filter((one) => one.startsWith("/") && !isWritten(one));
  return entries.flatMap((word, at) => {
    // An empty entry is the directory that the caller is in.
    const from = word.startsWith("/") ? [""] : passed.slice(0, mostDirs);
    const dirs = from.map((dir) => joinPath(dir, word)).filter(isWritten);
    if (dirs.length === 0) return [];
    return [{ dirs, before: hostsOwn(entries.slice(0, at)), behind: hostsOwn(entries.slice(at + 1)) }];
  });
}

const filesOf = (system: System, dir: string): readonly string[] =>
  (optional(() => system.listTyped(dir)) ?? []).flatMap(({ name, kind }) =>
    kind === "file" || kind === "link" ? [name] : [],
  );

/** Names of programs, and which one a shell would run. */
function programsOf(system: System, dirs: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const dir of dirs)
    for (const name of filesOf(system, dir)) if (!found.has(name)) found.set(name, joinPath(dir, name));
  return found;
}

/** The programs in directories of PATH that hide others. `passed`: directories that a relative entry may count from. */
export function shadowsOf(
  system: System,
  { written, passed }: Readonly<Record<"written" | "passed", readonly string[]>>,
  since: number,
): readonly Shadow[] {
  const shadows = entriesOf(system, written, passed).flatMap(({ dirs, before, behind }) => {
    const first = programsOf(system, before);
    const others = programsOf(system, behind);
    return dirs.flatMap((dir) =>
      filesOf(system, dir).flatMap((name): readonly Shadow[] => {
        const hides = others.get(name);
        return hides === undefined || first.has(name) ? [] : [{ path: joinPath(dir, name), hides }];
      }),
    );
  });
  const paths = shadows.map(({ path }) => path);
  // A link, and what it leads to.
  const own = system.changedSince(paths, since);
  const ends = system.changedSince(
    paths.map((path) => leadsTo(system, path)),
    since,
  );
  const mayRun = (path: string): boolean => system.canAccess(path, "execute");
  const found = shadows.filter(
    ({ path, hides }, at) => (own[at] === true || ends[at] === true) && mayRun(path) && mayRun(hides),
  );
  return [...new Map(found.map((one) => [one.path, one])).values()];
}
