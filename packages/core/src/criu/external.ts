// Mounts of the host: the images give the key, the config alone gives what is bound there.
import type { Config } from "@coffer/spec";
import type { Expected } from "./expected.ts";
import type { ImageMount } from "./images.ts";

/** What CRIU binds on the paths that runc masks. */
const nullDevice = "/dev/null";

function isBind(type: string | undefined, options: readonly string[]): boolean {
  return type === "bind" || type === "rbind" || options.includes("bind") || options.includes("rbind");
}

function clean(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** The path of the host that a config has bound on a path of the container, or above it when all beneath is bound too. */
function boundSource(config: Config, bundle: string, point: string): string | undefined {
  const found = (config.mounts ?? []).toReversed().find(({ destination, type, options = [] }) => {
    const at = clean(destination);
    const isDeep = type === "rbind" || options.includes("rbind");
    return isBind(type, options) && (at === point || (isDeep && point.startsWith(`${at}/`)));
  });
  if (found?.source === undefined) return undefined;
  const source = found.source.startsWith("/") ? found.source : `${bundle}/${found.source}`;
  return source + point.slice(clean(found.destination).length);
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
  const source = boundSource(config, bundle, point);
  if (source !== undefined) return source;
  // A device node that could not be made is bound from the host's.
  return points.get(point)?.type === "bind" && point.startsWith("/dev/") ? point : undefined;
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
