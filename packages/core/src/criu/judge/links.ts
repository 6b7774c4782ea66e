// Where the mounts of a config are: the links of the image lead to other places than the config names.
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Expected, ExpectedFlags } from "./expected.ts";

/** As many links as the kernel follows in one path: MAXSYMLINKS. */
const maxLinks = 40;

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "" && part !== ".");

/** What is there; undefined where nothing is, or where nobody may look. */
function linkAt({ stat, readLink }: System, path: string): string | undefined {
  return optional(() => (stat(path, { follow: false }).kind === "link" ? readLink(path) : undefined));
}

/** Follows the links of a path within the root directory, as `mount-point` does. With too many links it stays as it is. */
function follow(system: System, rootfs: string, path: string): string {
  const names = [...partsOf(path)];
  let parts: readonly string[] = [];
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "..") {
      parts = parts.slice(0, -1);
      continue;
    }
    const next: readonly string[] = [...parts, name];
    const target = linkAt(system, `${rootfs}/${next.join("/")}`);
    if (target === undefined) {
      parts = next;
      continue;
    }
    links += 1;
    if (links > maxLinks) return path;
    if (target.startsWith("/")) parts = [];
    names.unshift(...partsOf(target));
  }
  return `/${parts.join("/")}`;
}

/** The mounts of the config at the places where creating the container would put them. */
export function throughLinks(system: System, rootfs: string, expected: Expected): Expected {
  const at = (path: string): string => follow(system, rootfs, path);
  const moved = (entry: ExpectedFlags): ExpectedFlags => ({ ...entry, path: at(entry.path) });
  return {
    ...expected,
    points: new Map([...expected.points].map(([path, point]) => [at(path), point])),
    flags: expected.flags.map(moved),
  };
}
