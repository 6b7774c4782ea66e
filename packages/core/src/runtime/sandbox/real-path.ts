// Where paths of the host lead. A path that was looked up is opened later without following any link, so that whoever puts a
// link there meanwhile makes the launch fail.
import { CofferError, quote } from "../../errors.ts";
import { withParents } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { WayTaken } from "../../system/held.ts";
import type { FileKind, FileStat, System } from "../../system/port.ts";

/** As many links as the kernel follows in one path: MAXSYMLINKS. */
export const maxLinks = 40;

/** What a path leads to. */
export interface RealPath {
  /** Without links. */
  readonly path: string;
  readonly kind: FileKind;
}

/** What is asked of the system to follow a path. */
interface Asked extends Pick<System, "readLink"> {
  stat(path: string, options: { readonly follow: false }): Pick<FileStat, "kind">;
}

/** The same system for many paths that have parents in common: what these and their parents are is asked once, and at once. */
export function askingOnce(system: Pick<System, "stat" | "kindsOf" | "readLink">, paths: readonly string[]): Asked {
  const names = [...new Set(paths.flatMap(withParents))];
  const kinds = system.kindsOf(names, { follow: false });
  const known = new Map(names.map((name, index) => [name, kinds[index]] as const));
  return {
    readLink: system.readLink,
    stat: (path, options) => {
      const kind = known.get(path) ?? system.stat(path, options).kind;
      known.set(path, kind);
      return { kind };
    },
  };
}

/** Asks once for each name, and gives what was thrown again as well. */
function once<T>(ask: (name: string) => T): (name: string) => T {
  const answers = new Map<string, () => T>();
  const answerOf = (name: string): (() => T) => {
    try {
      const value = ask(name);
      return () => value;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  };
  return (name) => {
    const answer = answers.get(name) ?? answerOf(name);
    answers.set(name, answer);
    return answer();
  };
}

/** The same system for paths that nobody changes meanwhile: what a name is, and where a link leads, is asked once. */
export function rememberingNames(system: System): System {
  const named = once((path) => system.stat(path, { follow: false }));
  return {
    ...system,
    readLink: once((path) => system.readLink(path)),
    stat: (path, options) => (options?.follow === false ? named(path) : system.stat(path, options)),
  };
}

/** Walks an absolute path from name to name: `targetOf` says where a link leads, and undefined for what is none. Where the walk ends. */
function walk(path: string, targetOf: (place: string) => string | undefined): string {
  const names = path.split("/");
  /** Without the slash of the root. */
  let at = "";
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const target = targetOf(`${at}/${name}`);
    if (target === undefined) {
      at = `${at}/${name}`;
      continue;
    }
    if (target.startsWith("/")) at = "";
    names.unshift(...target.split("/"));
  }
  return at || "/";
}

/**
 * Follows the links of an absolute path.
 *
 * @throws {SystemError} ENOENT, EACCES, ELOOP, ENOTDIR
 */
export function realPath({ stat, readLink }: Asked, path: string): RealPath {
  let links = 0;
  const found = walk(path, (place) => {
    if (stat(place, { follow: false }).kind !== "link") return undefined;
    links += 1;
    if (links > maxLinks) throw new SystemError("open", path, "ELOOP");
    return readLink(place);
  });
  return { path: found, kind: stat(found, { follow: false }).kind };
}

/** The same; undefined where that cannot be looked up. */
export function findPath(system: Asked, path: string): RealPath | undefined {
  try {
    return realPath(system, path);
  } catch (error) {
    if (SystemError.is(error)) return undefined;
    throw error;
  }
}

/** Looks a path up, whether all of it is there or not. A link beyond those that the kernel follows is taken for a name. */
export function wayTo({ stat, readLink }: Asked, path: string): WayTaken {
  const links: string[] = [];
  const end = walk(path, (place) => {
    const isLink = optional(() => stat(place, { follow: false }).kind) === "link" && links.length < maxLinks;
    const target = isLink ? optional(() => readLink(place)) : undefined;
    if (target !== undefined) links.push(place);
    return target;
  });
  return { links, end };
}

/** What a path leads to. Of a name that is not there yet, what it would be in the directory that its parent leads to. */
export const leadsTo = (system: Asked, path: string): string => wayTo(system, path).end;

/** The same for a path that the caller has named with a flag. */
export function namedPath(system: System, path: string, flag: string): RealPath {
  try {
    return realPath(system, path);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const target = error.errno === "ENOENT" ? optional(() => system.readLink(path)) : undefined;
    const why = target === undefined ? describeErrno(error.errno) : `a link to ${quote(target)}, which does not exist`;
    const hint = target === undefined ? "name what is there" : "make what the link leads to, or name another path";
    throw new CofferError("E_USAGE", `--${flag} ${quote(path)}: ${why}`, { argument: flag }, { hint, cause: error });
  }
}
