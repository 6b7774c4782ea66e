// Unix sockets in what a sandbox sees at which a program of the host listens.
import type { System } from "../../../system/port.ts";
import { leadsTo } from "../real-path.ts";

/** A line of proc_net(5) with a name: what a program has bound, as the program has written it. */
const named = /^\S+: \S+ \S+ \S+ \S+ \S+ +\d+ (.+)$/;

const lastName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Those of the sockets that somebody has in the caller's network namespace. A name that is not absolute counts in each directory. */
export function liveSockets(system: System, paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return [];
  const names = [...system.readLines("/proc/self/net/unix")].flatMap((line) => named.exec(line)?.[1] ?? []);
  const absolute = new Set(names.flatMap((name) => (name.startsWith("/") ? leadsTo(system, name) : [])));
  const relative = new Set(names.flatMap((name) => (/^[/@]/.test(name) ? [] : lastName(name))));
  return paths.filter((path) => absolute.has(path) || relative.has(lastName(path)));
}
