// Downloads that sandboxes share with the host, by the tool that makes them.
import type { CacheName } from "@coffer/spec";
import { home } from "../../defaults/sandbox/places.ts";
import { CofferError, quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { findPath, namedPath } from "./real-path.ts";

/** A directory of a tool. */
interface Place {
  /** The variable that moves it. */
  readonly variable?: string;
  /** Its place beneath the home directory. */
  readonly path: string;
  /** What in it the downloads are. Default: everything. */
  readonly part?: string;
  /**
   * Projects note where it is: pnpm in `node_modules`, and Yarn 4 in `.pnp.cjs`. So it is where the host has it, and the variable says so.
   */
  readonly isNoted?: true;
}

const places: Readonly<Record<CacheName, readonly Place[]>> = {
  bun: [{ variable: "BUN_INSTALL_CACHE_DIR", path: ".bun/install/cache" }],
  cargo: [{ path: ".cargo/registry" }, { path: ".cargo/git" }],
  deno: [{ variable: "DENO_DIR", path: ".cache/deno" }],
  go: [
    { variable: "GOMODCACHE", path: "go/pkg/mod" },
    { variable: "GOCACHE", path: ".cache/go-build" },
  ],
  // What the wrappers of projects, gradlew and mvnw, have downloaded is run by the host as well, as much as plugins are.
  gradle: [
    { variable: "GRADLE_USER_HOME", path: ".gradle", part: "caches" },
    { variable: "GRADLE_USER_HOME", path: ".gradle", part: "wrapper/dists" },
  ],
  maven: [{ path: ".m2/repository" }, { variable: "MAVEN_USER_HOME", path: ".m2", part: "wrapper/dists" }],
  npm: [{ variable: "npm_config_cache", path: ".npm" }],
  pip: [{ variable: "PIP_CACHE_DIR", path: ".cache/pip" }],
  pnpm: [{ variable: "PNPM_HOME", path: ".local/share/pnpm", part: "store", isNoted: true }],
  uv: [{ variable: "UV_CACHE_DIR", path: ".cache/uv" }],
  yarn: [
    { variable: "YARN_CACHE_FOLDER", path: ".cache/yarn" },
    { variable: "YARN_GLOBAL_FOLDER", path: ".yarn/berry", isNoted: true },
  ],
};

/** A directory of the host, and where the tool looks for it in a sandbox. */
export interface Cache {
  readonly source: string;
  readonly path: string;
  /** Variables that the tool needs to find it. */
  readonly env: Readonly<Record<string, string>>;
}

function makeCache(system: System, path: string): void {
  try {
    system.makeDir(path, { parents: true });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `--cache: cannot make ${quote(path)}: ${describeErrno(error.errno)}`;
    const hint = "make the directory, or leave --cache away";
    throw new CofferError("E_IO", message, { path, errnoName: error.errno }, { hint, cause: error });
  }
}

/** The directories of tools that the host has downloaded to. With `makes` those that are missing are made, for the caller alone. */
export function findCaches(system: System, names: readonly CacheName[], makes: boolean): readonly Cache[] {
  const { env } = system.caller;
  return names.flatMap((name) =>
    places[name].flatMap(({ variable, path, part, isNoted }): readonly Cache[] => {
      const moved = variable === undefined ? undefined : env[variable];
      const dir = moved?.startsWith("/")
        ? joinPath("/", moved)
        : env.HOME === undefined
          ? undefined
          : joinPath(env.HOME, path);
      if (dir === undefined) return [];
      const within = (one: string): string => (part === undefined ? one : joinPath(one, part));
      const source = within(dir);
      const told = isNoted && variable !== undefined ? { [variable]: dir } : {};
      const cache = { path: isNoted ? source : within(joinPath(home, path)), env: told };
      if (!makes) return [{ ...cache, source: findPath(system, source)?.path ?? source }];
      makeCache(system, source);
      return [{ ...cache, source: namedPath(system, source, "cache").path }];
    }),
  );
}
