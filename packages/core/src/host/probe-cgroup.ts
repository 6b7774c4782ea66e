// What is known of the host's cgroups, from mountinfo and the caller's own membership.
import { readOr } from "../system/error.ts";
import type { System } from "../system/port.ts";
import type { CgroupFacts } from "./facts.ts";
import type { MountLine } from "./mountinfo.ts";
import { readMountinfo } from "./mountinfo.ts";

interface CgroupMount {
  readonly version: 1 | 2;
  /** What of the hierarchy is mounted there. */
  readonly root: string;
  readonly path: string;
  readonly controllers: readonly string[];
}

const notControllers = new Set(["rw", "ro", "xattr", "noprefix", "clone_children", "nsdelegate", "seclabel"]);

function toCgroupMount({ type, root, point: path, options }: MountLine): CgroupMount | undefined {
  if (type !== "cgroup" && type !== "cgroup2") return undefined;
  const controllers = options
    .split(",")
    .filter((word) => !notControllers.has(word) && !word.startsWith("release_agent="));
  return { version: type === "cgroup" ? 1 : 2, root, path, controllers: type === "cgroup" ? controllers : [] };
}

function readMounts(system: System): readonly CgroupMount[] {
  return readMountinfo(system, "self", toCgroupMount, "cgroup");
}

/** The caller's path in each hierarchy: controller → path, with `""` for cgroup2. */
function readOwn(system: System): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const line of system.readLines("/proc/self/cgroup")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    for (const controller of match[1].split(",")) own.set(controller, match[2]);
  }
  return own;
}

/** Counts a path from what is mounted: a container may see only a part of the hierarchy. */
function beneathRoot(path: string, root: string): string {
  if (root === "/" || (path !== root && !path.startsWith(`${root}/`))) return path;
  return path === root ? "/" : path.slice(root.length);
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

function isOwned(system: System, path: string): boolean {
  return readOr(false, () => system.stat(path).uid === system.caller.uid);
}

/** The topmost cgroup that was delegated to the caller; its own when none was. */
function findBase(system: System, v2Root: string, own: string): string {
  if (system.caller.uid === 0) return "/";
  let base = own;
  for (let path = own; isOwned(system, `${v2Root}${path}`); path = parentOf(path)) {
    base = path;
    if (path === "/") break;
  }
  return base;
}

function readWord(system: System, path: string): string {
  return readOr("", () => system.readText(path, 65536).trim());
}

function modeOf(v2: CgroupMount | undefined, v1: readonly CgroupMount[]): CgroupFacts["mode"] {
  if (v2 === undefined) return v1.length > 0 ? "v1" : "none";
  return v1.length > 0 ? "hybrid" : "v2";
}

function pickV2(mounts: readonly CgroupMount[]): CgroupMount | undefined {
  const found = mounts.filter((mount) => mount.version === 2);
  return found.find((mount) => mount.path.startsWith("/sys/fs/cgroup")) ?? found[0];
}

function v1RootsOf(v1: readonly CgroupMount[]): Readonly<Record<string, string>> {
  const roots: Record<string, string> = {};
  for (const { controllers, path } of v1) for (const controller of controllers) roots[controller] ??= path;
  return roots;
}

/** Of a plan that does not ask. */
export const noCgroups: CgroupFacts = {
  mode: "none",
  v1Roots: {},
  own: "/",
  controllers: [],
  base: "/",
  writable: false,
};

/** Reads the cgroup facts. */
export function probeCgroup(system: System): CgroupFacts {
  const mounts = readMounts(system);
  const v2 = pickV2(mounts);
  const v1 = mounts.filter((mount) => mount.version === 1);
  const membership = readOwn(system);
  const v1Roots = v1RootsOf(v1);
  const own = beneathRoot(membership.get("") ?? "/", v2?.root ?? "/");
  const base = v2 === undefined ? "/" : findBase(system, v2.path, own);
  const baseDir = v2 === undefined ? undefined : `${v2.path}${base}`;
  const made = [...Object.values(v1Roots), ...(baseDir === undefined ? [] : [baseDir])];
  const cpuset = v1Roots.cpuset;
  const delegate = readWord(system, "/sys/kernel/cgroup/delegate").split("\n").filter(Boolean);
  return {
    mode: modeOf(v2, v1),
    ...(v2 === undefined ? {} : { v2Root: v2.path }),
    v1Roots,
    own,
    controllers:
      baseDir === undefined ? [] : readWord(system, `${baseDir}/cgroup.controllers`).split(" ").filter(Boolean),
    base,
    ...(delegate.length === 0 ? {} : { delegate }),
    writable: made.length > 0 && made.every((path) => system.canAccess(path, "write")),
    ...(cpuset === undefined
      ? {}
      : {
          cpuset: { cpus: readWord(system, `${cpuset}/cpuset.cpus`), mems: readWord(system, `${cpuset}/cpuset.mems`) },
        }),
  };
}
