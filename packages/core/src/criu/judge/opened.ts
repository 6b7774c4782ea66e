// Paths that CRIU opens as a process of the container. Until that process goes on, it has every right, and CRIU's own descriptors:
// /proc/self/fd leads to directories of the host, and so does a link that leads there.
import { quote } from "../../errors.ts";
import type { Checkpoint, ImageMount } from "../read/index.ts";
import { isPlainPath } from "../read/index.ts";
import { topmost } from "./mount-tree.ts";
import { types } from "./mounts.ts";
import type { Paths } from "./paths.ts";

/** Links of procfs, and what is behind them (proc_pid_fd(5)). The path of an open file has none. */
const magic = /\/(?:self|thread-self|cwd|root|exe)(?=\/|$)|\/(?:fd|map_files|ns)\/./;
/** File systems in which nobody makes a link. */
const linkless: ReadonlySet<number | undefined> = new Set([
  types.sysfs,
  types.devpts,
  types.cgroup,
  types.mqueue,
  types.cgroup2,
]);

/** Whether a path in a mount leads to what is in that mount. */
function staysWithin(mount: ImageMount, path: string, paths: Paths): boolean {
  if (path === "") return true;
  if (mount.external !== undefined) return paths.staysWithin(mount, path);
  if (mount.type === types.proc) return !magic.test(mount.root === "/" ? path : `${mount.root}${path}`);
  return linkless.has(mount.type) || paths.staysWithin(mount, path);
}

/** What is wrong with the paths of open files, of sockets, and of what is watched. */
export function checkOpened({ files, mounts }: Checkpoint, paths: Paths): readonly string[] {
  const all = new Set(files.flatMap((file) => file.paths));
  return [...all].flatMap((path) => {
    const mount = topmost(mounts, path);
    if (mount === undefined) return [];
    const within = mount.point === "/" ? path : path.slice(mount.point.length);
    return isPlainPath(path) && staysWithin(mount, within, paths)
      ? []
      : [`the open file ${quote(path)} would not be in the container`];
  });
}
