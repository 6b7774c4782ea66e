// Whether a place may be there at all: a directory is read once, where each of many places would be looked up by itself.
import { SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

/** What a directory has; undefined where that cannot be told. */
function namesIn({ listDir }: System, path: string): ReadonlySet<string> | undefined {
  try {
    return new Set(listDir(path));
  } catch (error) {
    if (SystemError.is(error)) return undefined;
    throw error;
  }
}

/** False for a place that is not there: most places of a home directory are not. */
export type Glance = (path: string) => boolean;

/** The directory of most settings. */
const settings = ".config";

/** Reads the home directories, and the directory of settings in each. */
export function makeGlance(system: System, homes: readonly string[]): Glance {
  const listings = homes.flatMap((home) => {
    const names = namesIn(system, home);
    const inner = `${home}/${settings}`;
    return names?.has(settings)
      ? [
          { dir: home, names },
          { dir: inner, names: namesIn(system, inner) },
        ]
      : [{ dir: home, names }];
  });
  const known = listings.flatMap(({ dir, names }) => (names === undefined ? [] : [{ above: `${dir}/`, names }]));
  return (path) => {
    for (const { above, names } of known) {
      if (!path.startsWith(above)) continue;
      const end = path.indexOf("/", above.length);
      if (!names.has(end < 0 ? path.slice(above.length) : path.slice(above.length, end))) return false;
    }
    return true;
  };
}
