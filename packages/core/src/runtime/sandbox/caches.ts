// Downloads that sandboxes share with the host, by the tool that makes them.
import type { CacheName } from "@coffer/spec";
import { home } from "../../defaults/sandbox/places.ts";
import { CofferError, quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { findPath, namedPath } from "./real-path.ts";

/** Directories of a tool: the variable that moves it, and its place beneath the home directory. */
const places: Readonly<Record<CacheName, readonly (readonly [variable: string | undefined, path: string])[]>> = {
  bun: [["BUN_INSTALL_CACHE_DIR", ".bun/install/cache"]],
  cargo: [
    [undefined, ".cargo/registry"],
    [undefined, ".cargo/git"],
  ],
  deno: [["DENO_DIR", ".cache/deno"]],
  go: [
    ["GOMODCACHE", "go/pkg/mod"],
    ["GOCACHE", ".cache/go-build"],
  ],
  gradle: [[undefined, ".gradle/caches"]],
  maven: [[undefined, ".m2/repository"]],
  npm: [["npm_config_cache", ".npm"]],
  pip: [["PIP_CACHE_DIR", ".cache/pip"]],
  pnpm: [[undefined, ".local/share/pnpm/store"]],
  uv: [["UV_CACHE_DIR", ".cache/uv"]],
  yarn: [["YARN_CACHE_FOLDER", ".cache/yarn"]],
};

/** A directory of the host, and where the tool looks for it in a sandbox. */
export interface Cache {
  readonly source: string;
  readonly path: string;
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
    places[name].flatMap(([variable, path]): readonly Cache[] => {
      const moved = variable === undefined ? undefined : env[variable];
      const source = moved?.startsWith("/")
        ? joinPath("/", moved)
        : env.HOME === undefined
          ? undefined
          : joinPath(env.HOME, path);
      if (source === undefined) return [];
      const at = joinPath(home, path);
      if (!makes) return [{ source: findPath(system, source)?.path ?? source, path: at }];
      makeCache(system, source);
      return [{ source: namedPath(system, source, "cache").path, path: at }];
    }),
  );
}
