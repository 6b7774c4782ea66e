// Where Coffer itself keeps what it executes or believes: its caches, its state, and overlays that are kept.
import { joinPath } from "../../../paths.ts";
import { SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { refusePlace } from "./reach.ts";

/** A name that no container has. */
const plans = ".plans";

/** Directories of state that belong to the caller's id, whatever the variables say. */
const statesOf = ({ caller: { uid } }: System): readonly string[] =>
  uid === 0 ? ["/run/coffer"] : [`/run/user/${uid}/coffer`, `/tmp/coffer-${uid}`];

/**
 * Where plans may be kept: on file systems that a restart empties, and in no tree that people work in. Variables and `--root` say
 * nothing about it: a sandbox that was started without them would not hide the place.
 */
export const planPlaces = (system: System): readonly string[] => statesOf(system).map((dir) => joinPath(dir, plans));

/** What a caller keeps for long. Undefined where no variable tells a place. */
export function stateDir({ caller: { env, uid } }: System): string | undefined {
  if (env.XDG_STATE_HOME?.startsWith("/")) return joinPath(env.XDG_STATE_HOME, "coffer");
  if (env.HOME?.startsWith("/")) return joinPath(env.HOME, ".local/state/coffer");
  return uid === 0 ? "/var/lib/coffer" : undefined;
}

/**
 * A sandbox that writes there is a sandbox no more, whether the places are there or not: absolute and clean.
 */
export function ownPlaces(system: System, homes: readonly string[]): readonly string[] {
  const { XDG_CACHE_HOME: cache, XDG_STATE_HOME: kept, XDG_RUNTIME_DIR: state } = system.caller.env;
  const caches = [
    ...homes.map((home) => joinPath(home, ".cache")),
    ...(cache?.startsWith("/") ? [cache] : []),
    "/var/cache",
  ];
  const states = [
    ...homes.map((home) => joinPath(home, ".local/state")),
    ...(kept?.startsWith("/") ? [kept] : []),
    ...(state?.startsWith("/") ? [state] : []),
    "/var/lib",
  ];
  return [
    ...states.map((base) => joinPath(base, "coffer")),
    ...caches.flatMap((base) => ["coffer", "coffer-oci"].map((name) => joinPath(base, name))),
    ...statesOf(system),
  ];
}

/** Where we may not make a place, a sandbox may not either. */
const forbidden: readonly string[] = ["EACCES", "EPERM", "EROFS"];

/**
 * Makes places of our own where a sandbox could: one that is there can be hidden.
 *
 * @throws {CofferError} E_USAGE where a sandbox could make one all the same
 */
export function makeOwn(system: System, places: readonly string[]): void {
  for (const path of places)
    try {
      system.makeDir(path, { parents: true });
    } catch (error) {
      if (!SystemError.is(error)) throw error;
      // A file is hidden as a directory is.
      if (error.errno !== "EEXIST" && !forbidden.includes(error.errno))
        throw refusePlace(path, `it cannot be made (${error.errno}), and so cannot be hidden`);
    }
}
