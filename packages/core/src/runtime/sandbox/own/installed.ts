// Where Coffer itself is executed from, if that is a directory of packages: a sandbox that writes there chooses what the next call
// of Coffer does outside.
import { findHelperPath } from "../../../host/probe-userns.ts";
import { joinPath } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { kindAt } from "../git/guarded.ts";
import { findPath } from "../real-path.ts";

/** The first directory of packages on the way to a path. */
const packagesOf = (path: string): string | undefined => /^(.*?\/node_modules)\//.exec(path)?.[1];

/** pnpm has each package with links to what that needs in a directory of its own. */
const storedIn = (path: string): string | undefined => /^.*\/node_modules\/\.pnpm\/[^/]+(?=\/)/.exec(path)?.[0];

/** What npm, pnpm and yarn make of the packages: the commands are links or scripts. */
const names = ["coffer", "@coffer", ".bin/coffer", ".bin/coffer-oci"];

/** The names that are executed, if a package manager has installed this very program. Those of other tools are not among them. */
export function installedNames(system: System): readonly string[] {
  const helper = findHelperPath(system);
  // A directory of packages has that name in the path of the file itself: no link has to be looked up for any other.
  if (helper === undefined || packagesOf(helper) === undefined) return [];
  const real = findPath(system, helper)?.path ?? helper;
  const packages = packagesOf(real);
  if (packages === undefined) return [];
  const named = names.map((name) => joinPath(packages, name)).filter((path) => kindAt(system, path) !== undefined);
  const stored = [real, ...named].flatMap((path) => storedIn(findPath(system, path)?.path ?? path) ?? []);
  return [...new Set([...named, ...stored, real.slice(0, real.lastIndexOf("/"))])];
}
