// What a probe inside has, beside what `exposure/` says of its plan. Whatever it has more is an escape.
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { Exposure } from "../../packages/core/src/exposure/index.ts";
import type { MountView } from "../../packages/core/src/exposure/mounts.ts";
import { isReadonly } from "../../packages/core/src/exposure/mounts.ts";
import { isBeneath } from "../../packages/core/src/paths.ts";
import type { MountRow, ProbeFacts } from "../helpers/facts.ts";
import type { Seen } from "./outside.ts";

type Says = Exposure;

const links = {
  mount: "mnt",
  uts: "uts",
  ipc: "ipc",
  pid: "pid",
  network: "net",
  user: "user",
  cgroup: "cgroup",
} as const;

function* namespaceEscapes({ namespaces }: Says, facts: ProbeFacts): Generator<string> {
  for (const [type, link] of Object.entries(links)) {
    const said = Object.entries(namespaces).find(([name]) => name === type)?.[1];
    const isHost = facts.namespaces[link] === readlinkSync(`/proc/self/ns/${link}`);
    if (said?.whose === "own" && isHost) yield `the ${type} namespace is the host's`;
  }
}

const bits = (hex: string | undefined): bigint =>
  BigInt(hex === undefined || hex === "" ? 0 : hex.startsWith("0x") ? hex : `0x${hex}`);

function* rightEscapes({ rights, filters, idMaps, namespaces }: Says, facts: ProbeFacts): Generator<string> {
  const { caps } = facts;
  for (const set of ["permitted", "effective", "ambient", ...(rights.noNewPrivileges ? [] : ["bounding"])])
    if ((bits(caps[set]) & ~rights.capabilities) !== 0n) yield `the ${set} set is ${caps[set]}`;
  if ((bits(caps.inheritable) & ~rights.inheritable) !== 0n) yield `the inheritable set is ${caps.inheritable}`;
  if (rights.noNewPrivileges && facts.noNewPrivs !== 1) yield "no_new_privs is not set";
  if (filters.programs.length > 0 && facts.seccomp !== 2) yield "there is no filter";
  if (facts.uid.some((id) => id !== rights.uid)) yield `the uid is ${facts.uid}`;
  if (facts.gid.some((id) => id !== rights.gid)) yield `the gid is ${facts.gid}`;
  if (namespaces.user.whose !== "own") return;
  const lines = (text: string): string =>
    text
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).join(" "))
      .sort()
      .join();
  for (const [kind, text] of [["uid", facts.uidMap] as const, ["gid", facts.gidMap] as const]) {
    const said = idMaps
      .filter((map) => map.kind === kind)
      .flatMap((map) => map.lines.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`));
    if (lines(text) !== [...said].sort().join()) yield `the ${kind} map is ${lines(text)}`;
  }
}

const flagWords = [
  [1, "ro"],
  [2, "nosuid"],
  [4, "nodev"],
  [8, "noexec"],
] as const;

const flagsOf = (own: number): number => flagWords.filter(([bit]) => (own & bit) !== 0).length;

/** What a mount lacks that was said of it. */
function lacks(row: MountRow, own: number): readonly string[] {
  const words = row.options.split(",");
  return flagWords.flatMap(([bit, word]) => ((own & bit) !== 0 && !words.includes(word) ? [word] : []));
}

const typesOf = (row: MountRow): readonly string[] => [row.type, row.type.replace("cgroup2", "cgroup")];

/** How well a mount fits a row: a new file system is shown from its root, a bind mostly not. */
function fits(row: MountRow, mount: MountView): number {
  if (mount.type === "bind" || mount.type === "terminal") return row.root === "/" ? 1 : 3;
  return typesOf(row).includes(mount.type) ? 2 : 0;
}

function* mountEscapes({ tree }: Says, facts: ProbeFacts): Generator<string> {
  const left = [...tree.mounts];
  for (const row of facts.mounts ?? []) {
    const inner = (mount: MountView): boolean =>
      mount.type === "bind" && mount.recursive && isBeneath(row.point, mount.destination);
    // Of two of a type on one point the kernel lists first what was made first, wherever it lies in the stack. What was said
    // to have more flags is found first: another row may lack them.
    const [best] = left
      .filter((mount) => isAt(mount, row))
      .toSorted(
        (a, b) =>
          fits(row, b) - fits(row, a) ||
          lacks(row, a.own).length - lacks(row, b.own).length ||
          flagsOf(b.own) - flagsOf(a.own),
      );
    const exact = best === undefined || fits(row, best) === 0 ? -1 : left.indexOf(best);
    const mount = left[exact] ?? tree.mounts.find(inner);
    const isCover = tree.covers.some(({ path }) => row.point === path || realPath(path) === row.point);
    if (mount === undefined && !isCover) yield `a ${row.type} is on ${row.point}`;
    if (mount === undefined || (isCover && exact < 0)) continue;
    left.splice(exact < 0 ? left.length : exact, 1);
    const missing = lacks(row, exact < 0 ? mount.deep : mount.own);
    if (missing.length > 0) yield `the ${row.type} on ${row.point} lacks ${missing.join()}`;
  }
}

/** The rootfs of the tests has links of its own. */
const realPath = (path: string): string =>
  path.replace(/^\/link(?=\/|$)/, "/data").replace(/^\/proclink(?=\/|$)/, "/proc");
const isAt = ({ destination }: MountView, row: MountRow): boolean =>
  destination === row.point || realPath(destination) === row.point;

const inodeOf = (path: string): string => {
  const { dev, ino } = statSync(path);
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}:${ino}`;
};

/** Which directory of the host is where a bind was said to be; a later mount may cover it. */
function* sourceEscapes({ tree }: Says, facts: ProbeFacts): Generator<string> {
  const seen = tree.root;
  const extra = facts.extra["inode /"];
  const isCovered = tree.mounts.filter(({ destination }) => destination === "/").length > 1;
  if (seen?.type === "bind" && seen.source?.root === "host" && !isCovered && existsSync(seen.source.path)) {
    if (extra !== inodeOf(seen.source.path)) yield `the root is not ${seen.source.path}`;
  }
  if (facts.cwd.startsWith("(unreachable)")) yield `the working directory is ${facts.cwd}`;
}

function* descriptorEscapes(_says: Says, facts: ProbeFacts): Generator<string> {
  for (const { fd, type, link } of facts.fds) {
    if (fd > 2) yield `descriptor ${fd} is ${link}`;
    if (type === 4) yield `descriptor ${fd} is a directory`;
  }
}

/** The groups of a process in each hierarchy, by the controllers, as they are on the host. */
function groupsOf({ cgroup }: Seen): readonly (readonly [names: readonly string[], path: string])[] {
  return cgroup
    .trim()
    .split("\n")
    .map((line) => line.split(":"))
    .map(([, names = "", path = ""]) => [names.split(","), path] as const);
}

/** The strictest value of a control file, in a group and those above. */
function limitIn(root: string, path: string, file: string): bigint | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const values = parts.flatMap((_, index) => {
    const name = `${root}/${parts.slice(0, index + 1).join("/")}/${file}`;
    const text = existsSync(name) ? readFileSync(name, "utf8").trim() : "";
    return /^\d+$/.test(text) ? [BigInt(text)] : [];
  });
  return values.toSorted((a, b) => (a < b ? -1 : 1))[0];
}

const limitFiles = { pids: "pids.max", memory: "memory.limit_in_bytes" } as const;

/** Limits that were said to hold. Asked while the process is there. */
export function limitEscapes({ cgroups }: Says, seen: Seen): readonly string[] {
  return Object.entries(limitFiles).flatMap(([name, file]) => {
    const said = cgroups.limit([file]);
    if (said === undefined) return [];
    const [names, path] = groupsOf(seen).find(([controllers]) => controllers.includes(name)) ?? [[name], "/"];
    const found = limitIn(`/sys/fs/cgroup/${names.join(",")}`, path, file);
    // The kernel rounds bytes down to pages.
    return found !== undefined && found <= said ? [] : [`the limit of ${name} is ${found ?? "none"}, not ${said}`];
  });
}

/** What was said to be masked or read-only: what lies on it last is read-only. Asked while the process is there. */
export function coverEscapes({ tree }: Says, { mounts }: Seen, pid: number): readonly string[] {
  return tree.covers.flatMap(({ path }) => {
    if (!existsSync(`/proc/${pid}/root${path}`)) return [];
    const last = (mounts ?? []).findLast(({ point }) => isBeneath(realPath(path), point));
    // A mask of a directory hides what is in it.
    const isHidden = tree.covers.some((cover) => cover.kind === "mask" && realPath(cover.path) === last?.point);
    const isCovered = (isHidden || last?.point === realPath(path)) && last?.options.split(",").includes("ro");
    return isCovered ? [] : [`${path} is not covered: ${last?.type} on ${last?.point}`];
  });
}

/** Whether something was said to be able to write to a directory of the host: the container, or the plan itself. */
export function isWritable({ tree }: Says, path: string): boolean {
  return tree.mounts.some((mount) => {
    const { source } = mount;
    return source?.root === "host" && isBeneath(path, source.path) && (mount.written || !isReadonly(mount));
  });
}

/** Everything that a process has more than was said. */
export function escapes(says: Says, facts: ProbeFacts): readonly string[] {
  return [namespaceEscapes, rightEscapes, mountEscapes, sourceEscapes, descriptorEscapes].flatMap((find) => [
    ...find(says, facts),
  ]);
}
