// The programs of modules, by the digest of everything that they were made of.
import { CofferError, quote } from "../../errors.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { whyUntrusted } from "../../system/trust.ts";
import type { Command } from "../module/check.ts";
import { compileBounds } from "./administrator.ts";
import type { BuildOptions } from "./compile.ts";
import { compile } from "./compile.ts";
import { shimDir } from "./places.ts";

/** A program in the cache. */
export interface Cached {
  readonly key: string;
  /** SHA-256 of the module. */
  readonly module: string;
  readonly path: string;
  readonly size: number;
  /** It was there already. */
  readonly found: boolean;
}

/** A line of the cache's list. */
export interface CacheEntry {
  readonly key: string;
  /** Bytes of the program. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256 of the module. */
  readonly module: string;
}

const mostProgram = 256 * 1024 * 1024;
const lockTimeoutMs = 900_000;
const programName = "program";
const recordName = "record.json";
const lockName = "lock";

/** The directory of the cache. */
function cacheDir({ caller }: System): string {
  const { XDG_CACHE_HOME: named, HOME: home } = caller.env;
  if (named?.startsWith("/")) return `${named}/coffer/wasm`;
  if (home?.startsWith("/")) return `${home}/.cache/coffer/wasm`;
  // An engine that runs as a service may have neither.
  if (caller.uid === 0) return "/var/cache/coffer/wasm";
  throw new CofferError("E_USAGE", "no place is known for compiled modules: set XDG_CACHE_HOME or HOME", {});
}

/** The directory of the cache, made where it is missing. Nobody else may write there: a program in it is executed. */
function openCache(system: System): string {
  const dir = cacheDir(system);
  try {
    system.makeDir(dir, { parents: true });
    // The program is bound by a path without links.
    const held = system.openPath(dir, dir, "directory");
    held.close();
    const { path } = held;
    const stat = system.stat(path, { follow: false });
    const why = stat.kind === "directory" ? whyUntrusted(system, stat) : "is no directory";
    if (why === undefined) return path;
    throw new CofferError("E_IO", `cannot use the cache ${quote(dir)}: ${why}`, { path: dir });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path: dir, errnoName: error.errno };
    throw new CofferError("E_IO", `cannot use the cache ${quote(dir)}: ${describeErrno(error.errno)}`, details, {
      cause: error,
    });
  }
}

const shimFiles = (arch: string): readonly string[] => [
  ...["compile.sh", "entry.c"],
  ...["wasm-rt", "math", "limits", "stdint", "string"].map((name) => `include/${name}.h`),
  `libwasi-${arch}.a`,
];

const mostShim = 16 * 1024 * 1024;

function keyOf(
  system: System,
  bytes: Uint8Array,
  options: BuildOptions,
): { readonly key: string; readonly module: string } {
  const home = shimDir();
  const module = system.digest(bytes);
  const shim = shimFiles(options.arch).map((name) => system.digest(system.readBytes(`${home}/${name}`, mostShim)));
  const text = JSON.stringify({ format: 2, module, shim, ...options });
  return { module, key: system.digest(new TextEncoder().encode(text)) };
}

interface Recorded {
  readonly program: string;
  readonly module: string;
  readonly size: number;
}

function readRecord(system: System, path: string): Recorded | undefined {
  try {
    const value: unknown = JSON.parse(system.readText(path, 65536));
    if (typeof value !== "object" || value === null) return undefined;
    if (!("program" in value) || !("module" in value) || !("size" in value)) return undefined;
    const { program, module, size } = value;
    if (typeof program !== "string" || typeof module !== "string" || typeof size !== "number") return undefined;
    return { program, module, size };
  } catch {
    return undefined;
  }
}

/** A program that is there whole; one that is not as it was written counts for nothing. */
function find(system: System, dir: string, key: string): Cached | undefined {
  const path = `${dir}/${key}/${programName}`;
  const stat = optional(() => system.stat(path, { follow: false }));
  if (stat?.kind !== "file" || whyUntrusted(system, stat) !== undefined) return undefined;
  const record = readRecord(system, `${dir}/${key}/${recordName}`);
  const bytes = optional(() => system.readBytes(path, mostProgram));
  if (record === undefined || bytes === undefined || system.digest(bytes) !== record.program) return undefined;
  return { key, module: record.module, path, size: bytes.length, found: true };
}

/** The record comes last: without it the program counts for nothing. */
function insert(system: System, dir: string, key: string, module: string, program: Uint8Array): Cached {
  const path = `${dir}/${key}/${programName}`;
  const record = { module, program: system.digest(program), size: program.length };
  system.writeFile(path, program, { mode: 0o555 });
  system.writeFile(`${dir}/${key}/${recordName}`, `${JSON.stringify(record)}\n`, { mode: 0o444 });
  return { key, module, path, size: program.length, found: false };
}

/** The program of a module: from the cache, or compiled now. */
export async function programOf(
  runtime: Runtime,
  bytes: Uint8Array,
  command: Command,
  options: BuildOptions,
  onCompile: () => void = () => {},
): Promise<Cached> {
  const { system } = runtime;
  const dir = openCache(system);
  const { key, module } = keyOf(system, bytes, options);
  const known = find(system, dir, key);
  if (known !== undefined) return known;
  system.makeDir(`${dir}/${key}`, { parents: true });
  const make = async (): Promise<Cached> => {
    onCompile();
    const program = await compile(runtime, bytes, command, options);
    // Whoever failed before us has taken the directory away.
    system.makeDir(`${dir}/${key}`, { parents: true });
    return insert(system, dir, key, module, program);
  };
  const lock = await system.lock(`${dir}/${key}/${lockName}`, lockTimeoutMs);
  if (lock === undefined)
    throw new CofferError("E_TIMEOUT", "the module is being compiled by somebody else", { timeoutMs: lockTimeoutMs });
  try {
    const made = find(system, dir, key) ?? (await make());
    pruneCache(system, compileBounds(system).cache, key);
    return made;
  } catch (error) {
    // Of a module that does not compile nothing is left.
    optional(() => system.removeDir(`${dir}/${key}`, [lockName]));
    throw error;
  } finally {
    lock.release();
  }
}

function entryOf(system: System, dir: string, key: string): CacheEntry | undefined {
  const record = readRecord(system, `${dir}/${key}/${recordName}`);
  const stat = optional(() => system.stat(`${dir}/${key}/${programName}`, { follow: false }));
  if (record === undefined || stat === undefined) return undefined;
  return { key, size: record.size, modified: stat.modified, module: record.module };
}

/** The programs in the cache, the newest first. */
export function listCache(system: System): readonly CacheEntry[] {
  const dir = openCache(system);
  const keys = system.listDir(dir).filter((name) => /^[0-9a-f]{64}$/.test(name));
  return keys.flatMap((key) => entryOf(system, dir, key) ?? []).toSorted((a, b) => b.modified - a.modified);
}

/** Removes the oldest programs until the others have at most that many bytes. Gives those that went. */
export function pruneCache(system: System, most: number, keep?: string): readonly CacheEntry[] {
  const dir = openCache(system);
  let size = 0;
  const old = listCache(system).filter((entry) => {
    size += entry.size;
    return size > most && entry.key !== keep;
  });
  // The record goes first: who looks meanwhile finds no program.
  for (const { key } of old) system.removeDir(`${dir}/${key}`, [recordName, programName, lockName]);
  return old;
}
