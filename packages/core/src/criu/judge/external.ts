// Mounts of the host: the images give the key, the config alone gives what is bound there.
import type { Config } from "@coffer/spec";
import type { ImageMount } from "../read/index.ts";
import type { Expected } from "./expected.ts";

/** What CRIU binds on the paths that runc masks. */
export const nullDevice = "/dev/null";

function clean(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** What of the host is bound above a path of the container with all that is beneath, and the way from there. */
export function deepSource(
  config: Config,
  bundle: string,
  point: string,
): { readonly base: string; readonly rest: string } | undefined {
  const found = (config.mounts ?? []).toReversed().find(({ destination, type, options = [] }) => {
    const isDeep = type === "rbind" || options.includes("rbind");
    return isDeep && point.startsWith(`${clean(destination)}/`);
  });
  if (found?.source === undefined) return undefined;
  const base = found.source.startsWith("/") ? found.source : `${bundle}/${found.source}`;
  return { base, rest: point.slice(clean(found.destination).length) };
}

/** The path of the host that belongs to an external mount; undefined when the config does not have it. */
export function externalSource(
  config: Config,
  bundle: string,
  { points, masked }: Expected,
  { external, point }: ImageMount,
): string | undefined {
  if (external === nullDevice && masked.some(({ path }) => path === point)) return nullDevice;
  if (external !== point) return undefined;
  const bound = points.get(point);
  if (bound?.type === "bind") return bound.source;
  const deep = deepSource(config, bundle, point);
  return deep && deep.base + deep.rest;
}

/** The external mounts as CRIU takes them: `mnt[key]:source`. */
export function mapExternal(
  config: Config,
  bundle: string,
  expected: Expected,
  mounts: readonly ImageMount[],
): readonly string[] {
  const all = mounts.flatMap((mount) => {
    const source = mount.external === undefined ? undefined : externalSource(config, bundle, expected, mount);
    return source === undefined ? [] : [`mnt[${mount.external}]:${source}`];
  });
  return [...new Set(all)];
}
