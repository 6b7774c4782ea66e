// Holding a directory: each name on the way to it is looked up once, beneath what was opened before.

import * as fs from "node:fs";
import { geteuid } from "node:process";
import { SystemError } from "../../error.ts";
import type { HeldDir, HeldPath, HeldPlace, Passed, Way } from "../../held.ts";
import { initialUserns } from "../../userns.ts";
import { call } from "../call.ts";
import { toNode } from "../text.ts";
import { readLink } from "./files.ts";
import { toStat } from "./stat.ts";

/** open(2): only names the object. Node has no constant for it; it is the same on every machine that the helper has. */
const oPath = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
/** statfs(2) of a procfs: PROC_SUPER_MAGIC. */
const procMagic = 0x9fa0;
/** As many links as the kernel follows in one path: MAXSYMLINKS. */
const maxLinks = 40;

/** Our descriptors that lead to directories: none of them is the caller's to pass on. */
export const ownFds: Set<number> = new Set();

const named = (fd: number, name: string): string => `/proc/self/fd/${fd}${name === "" ? "" : `/${name}`}`;
const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "" && part !== ".");

/** What a descriptor leads to, if the path leads to the same. */
function findSame(fd: number, path: string): fs.BigIntStats | undefined {
  const held = fs.fstatSync(fd, { bigint: true });
  const found = fs.statSync(toNode(path), { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.ino === held.ino && found.dev === held.dev ? held : undefined;
}

const isSame = (fd: number, path: string): boolean => findSame(fd, path) !== undefined;

function open(path: string, shown: string, flags = 0): number {
  return call("open", shown, () => fs.openSync(toNode(path), oPath | O_NOFOLLOW | flags));
}

/**
 * Whether /proc/self/fd is the kernel's own. Node has no openat(2): a name beneath a descriptor is reached through that.
 * Elsewhere names are looked up beneath the path, which is as good where nobody else may change a directory of it.
 */
export function leadsBack(fd: number): boolean {
  try {
    return fs.statfsSync("/proc/self/fd").type === procMagic && isSame(fd, named(fd, ""));
  } catch {
    return false;
  }
}

function openRoot(): At {
  const fd = open("/", "/", O_DIRECTORY);
  return { fd, path: "/", isReal: leadsBack(fd) };
}

/** Where a name is looked up. */
function below({ fd, path, isReal }: At, name: string): string {
  return isReal ? named(fd, name) : `${path === "/" ? "" : path}/${name}`;
}

function openChild(at: At, name: string, shown: string, make: boolean): number {
  const path = below(at, name);
  try {
    return open(path, shown);
  } catch (error) {
    if (!make || !SystemError.is(error, "ENOENT")) throw error;
  }
  try {
    call("mkdir", shown, () => fs.mkdirSync(toNode(path), { mode: 0o700 }));
  } catch (error) {
    if (!SystemError.is(error, "EEXIST")) throw error;
  }
  return open(path, shown);
}

/** A place on the way. */
interface At {
  readonly fd: number;
  readonly path: string;
  readonly isReal: boolean;
}

/** Goes on by one name: to a directory, or to what a link says. */
function step(at: At, name: string, { passes, make = false }: Way): At | string {
  const path = `${at.path === "/" ? "" : at.path}/${name}`;
  const fd = openChild(at, name, path, make);
  let isKept = false;
  try {
    const stat = toStat(fs.fstatSync(fd, { bigint: true }));
    passes({ path, stat });
    if (stat.kind === "link") return readLink(below(at, name));
    if (stat.kind !== "directory") throw new SystemError("open", path, "ENOTDIR");
    isKept = true;
    return { fd, path, isReal: at.isReal };
  } finally {
    if (!isKept) fs.closeSync(fd);
  }
}

/** Where a path begins. */
function openStart(path: string): At {
  if (path.startsWith("/")) return openRoot();
  const fd = open(".", ".", O_DIRECTORY);
  return { fd, path: ".", isReal: leadsBack(fd) };
}

function follow(path: string, way: Way): At {
  let at = openStart(path);
  const go = (to: At): void => {
    fs.closeSync(at.fd);
    at = to;
  };
  try {
    way.passes({ path: at.path, stat: toStat(fs.fstatSync(at.fd, { bigint: true })) });
    const names = [...partsOf(path)];
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const next = step(at, name, way);
      if (typeof next !== "string") go(next);
      else {
        links += 1;
        if (links > maxLinks) throw new SystemError("open", path, "ELOOP");
        names.unshift(...partsOf(next));
        if (next.startsWith("/")) go(openRoot());
      }
    }
    return at;
  } catch (error) {
    fs.closeSync(at.fd);
    throw error;
  }
}

/** Whom a user namespace shows where an id is not mapped: the kernel's default. */
const overflowId = 65534;

function isTrusted(uid: number): boolean {
  if (uid === 0 || uid === geteuid?.()) return true;
  return uid === overflowId && readLink("/proc/self/ns/user") !== initialUserns;
}

function refuseLink(path: string, uid: number): SystemError {
  const reason = `${JSON.stringify(path)} is a symbolic link of user ${uid}, who may change it: name what it leads to`;
  return new SystemError("open", path, "EACCES", { reason });
}

/** Refuses the links of other users, as the kernel does in directories that all may write to (fs.protected_symlinks). */
function refuseForeign({ path, stat }: Passed): void {
  if (stat.kind === "link" && !isTrusted(stat.uid)) throw refuseLink(path, stat.uid);
}

/** Beneath these the kernel's own links lead to what somebody has opened before, and not to a path. */
const ofProcess = /^\/(?:proc|dev\/fd)\//;

/**
 * The place of a file that is written: its directory is held, and no link of another user is on the way to it. EACCES where
 * there is one.
 */
export function holdPlace(path: string): HeldPlace {
  if (ofProcess.test(path)) return { at: path, links: [], end: path, close: () => {} };
  const cut = path.lastIndexOf("/");
  const [directory, name] = [path.slice(0, cut + 1) || ".", path.slice(cut + 1)];
  const links: string[] = [];
  const passes = (passed: Passed): void => {
    refuseForeign(passed);
    if (passed.stat.kind === "link") links.push(passed.path);
  };
  const to = follow(directory, { passes });
  ownFds.add(to.fd);
  const close = (): void => {
    ownFds.delete(to.fd);
    fs.closeSync(to.fd);
  };
  return { at: below(to, name), links, end: to.path, close };
}

/** Makes a directory with what is missing on the way to it, through no link of another user. */
export function makeWay(path: string): void {
  fs.closeSync(follow(path, { passes: refuseForeign, make: true }).fd);
}

/** One for each path, as a process asks for few: those of its state directories. */
const held: Map<string, Pick<HeldDir, "fd" | "at">> = new Map();

/** Holds a directory; the same one again as long as the path leads to it. */
export function holdDir(path: string, way: Way): HeldDir {
  const known = held.get(path);
  const same = known && call("stat", path, () => findSame(known.fd, path));
  if (known !== undefined && same !== undefined) return { ...known, stat: toStat(same) };
  const to = follow(path, way);
  ownFds.add(to.fd);
  const found = { fd: to.fd, at: to.isReal ? named(to.fd, "") : to.path };
  held.set(path, found);
  return { ...found, stat: toStat(fs.fstatSync(to.fd, { bigint: true })) };
}

/** Opens what the caller's own word leads to; ESTALE when the absolute name leads to something else. */
export function openPath(word: string, name: string, kind: "directory" | "any"): HeldPath {
  const flags = oPath | (kind === "directory" ? O_DIRECTORY : 0);
  const fd = call("open", name, () => fs.openSync(toNode(word), flags));
  const close = (): void => {
    ownFds.delete(fd);
    fs.closeSync(fd);
  };
  ownFds.add(fd);
  try {
    if (!call("stat", name, () => isSame(fd, name))) throw new SystemError("open", name, "ESTALE");
    const isReal = leadsBack(fd);
    return { fd, path: isReal ? readLink(named(fd, "")) : name, at: isReal ? named(fd, "") : name, close };
  } catch (error) {
    close();
    throw error;
  }
}
