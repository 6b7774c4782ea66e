// Where paths of the host lead. A path that was looked up is opened later without following any link, so that whoever puts a
// link there meanwhile makes the launch fail.
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { FileKind, System } from "../../system/port.ts";

/** As many links as the kernel follows in one path: MAXSYMLINKS. */
export const maxLinks = 40;

/** What a path leads to. */
export interface RealPath {
  /** Without links. */
  readonly path: string;
  readonly kind: FileKind;
}

/**
 * Follows the links of an absolute path.
 *
 * @throws {SystemError} ENOENT, EACCES, ELOOP, ENOTDIR
 */
export function realPath({ stat, readLink }: Pick<System, "stat" | "readLink">, path: string): RealPath {
  const names = path.split("/");
  let parts: readonly string[] = [];
  let links = 0;
  let kind: FileKind = "directory";
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      parts = parts.slice(0, -1);
      continue;
    }
    const next = `/${[...parts, name].join("/")}`;
    ({ kind } = stat(next, { follow: false }));
    if (kind !== "link") {
      parts = [...parts, name];
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new SystemError("open", path, "ELOOP");
    const target = readLink(next);
    if (target.startsWith("/")) parts = [];
    names.unshift(...target.split("/"));
  }
  const found = `/${parts.join("/")}`;
  return { path: found, kind: stat(found, { follow: false }).kind };
}

/** The same; undefined where that cannot be looked up. */
export function findPath(system: Pick<System, "stat" | "readLink">, path: string): RealPath | undefined {
  try {
    return realPath(system, path);
  } catch (error) {
    if (SystemError.is(error)) return undefined;
    throw error;
  }
}

/** The same for a path that the caller has named with a flag. */
export function namedPath(system: System, path: string, flag: string): RealPath {
  try {
    return realPath(system, path);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `--${flag} ${quote(path)}: ${describeErrno(error.errno)}`;
    throw new CofferError("E_USAGE", message, { argument: flag }, { hint: "name what is there", cause: error });
  }
}
