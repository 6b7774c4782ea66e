// Node's cache of compiled code, in a directory that nobody else can have written: what is in it is executed.
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import module from "node:module";
import { dirname } from "node:path";

const othersWrite = 0o022;

function isOurs(directory: string, uid: number): boolean {
  const found = lstatSync(directory);
  return found.isDirectory() && found.uid === uid && (found.mode & othersWrite) === 0;
}

/** Where the cache may be: the system's for root, the user's own otherwise. Never the shared default below /tmp. */
function candidates(uid: number): readonly string[] {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const home = XDG_CACHE_HOME?.startsWith("/") ? XDG_CACHE_HOME : HOME?.startsWith("/") ? `${HOME}/.cache` : undefined;
  // U+FFFD stands for bytes that are not UTF-8: somebody else may have made what that names.
  const own = home === undefined || home.includes("\ufffd") ? [] : [`${home}/coffer-oci`];
  return uid === 0 ? ["/var/cache/coffer-oci", ...own] : own;
}

/**
 * Makes a directory and those above it. Node's own `recursive` never returns where a directory that exists says ENOENT to each new
 * name, as /proc does.
 */
function makeDirs(directory: string): void {
  if (existsSync(directory)) return;
  if (directory !== "/") makeDirs(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

function canUse(directory: string, uid: number): boolean {
  try {
    const parent = dirname(directory);
    makeDirs(parent);
    if (!isOurs(parent, uid)) return false;
    makeDirs(directory);
    return isOurs(directory, uid);
  } catch {
    return false;
  }
}

/** Turns the cache on where there is a safe place for it; Node before 22.1 has none. */
export function startCompileCache(): void {
  const uid = process.geteuid?.() ?? 0;
  if (typeof module.enableCompileCache !== "function" || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const directory = candidates(uid).find((candidate) => canUse(candidate, uid));
  if (directory !== undefined) module.enableCompileCache(directory);
}
