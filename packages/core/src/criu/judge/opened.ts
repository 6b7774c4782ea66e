// Paths that CRIU opens as a process of the container. Until that process goes on, it has every right, and CRIU's own descriptors:
// /proc/self/fd leads to directories of the host, and so does a link that leads there.
import { quote } from "../../errors.ts";
import type { Checkpoint, ImageMount } from "../read/index.ts";
import { isPlainPath } from "../read/index.ts";
import { isHostFile } from "../streams.ts";
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

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "" && part !== ".");
/** As many links as the kernel follows in one path: MAXSYMLINKS. */
const maxLinks = 40;

/** Whether a path stays within, in the mount that is seen there. Without a root nothing is there. */
function isWithin({ mounts }: Checkpoint, path: string, paths: Paths): boolean {
  const mount = topmost(mounts, path);
  return mount === undefined || staysWithin(mount, withinMount(mount, path), paths);
}

const withinMount = ({ point }: ImageMount, path: string): string => (point === "/" ? path : path.slice(point.length));

/** Whether the name of a socket leads to what is in the container, through links of the root and of binds. */
function leadsWithin(checkpoint: Checkpoint, path: string, paths: Paths): boolean {
  const names = [...partsOf(path)];
  let parts: readonly string[] = [];
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === ".." ? parts.slice(0, -1) : [...parts, name];
    const at = `/${next.join("/")}`;
    const mount = topmost(checkpoint.mounts, at);
    const target = name === ".." || mount === undefined ? undefined : paths.linkAt(mount, withinMount(mount, at));
    if (target === undefined) {
      if (!isWithin(checkpoint, at, paths)) return false;
      parts = next;
      continue;
    }
    links += 1;
    if (links > maxLinks) return false;
    if (target.startsWith("/")) parts = [];
    names.unshift(...partsOf(target));
  }
  return true;
}

/**
 * Whether an open file is one in whose place the caller's stream comes. Where none comes, CRIU opens that name in the root
 * directory; of each other path it leaves the first letter out.
 */
const isStream = (checkpoint: Checkpoint, name: string, paths: Paths): boolean =>
  isHostFile(name) && [name, name.slice(1)].every((one) => isWithin(checkpoint, `/${one}`, paths));

/** What is wrong with the paths of open files, of sockets, and of what is watched. */
export function checkOpened(checkpoint: Checkpoint, paths: Paths): readonly string[] {
  const { files } = checkpoint;
  const opened = [...new Set(files.flatMap((file) => file.paths))];
  const sockets = [...new Set(files.flatMap(({ socket }) => socket ?? []))];
  return [
    ...opened.filter((path) =>
      isPlainPath(path) ? !isWithin(checkpoint, path, paths) : !isStream(checkpoint, path, paths),
    ),
    ...sockets.filter((path) => !leadsWithin(checkpoint, path, paths)),
  ].map((path) => `the open file ${quote(path)} would not be in the container`);
}
