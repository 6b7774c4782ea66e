// The files of the cache: a directory for each program, with the program and its record.
import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { whyUntrusted } from "../../system/trust.ts";

/** How well a program is compiled: `quick` is there soon and is slow. */
export type Tier = "quick" | "best";

/** A program in the cache. */
export interface Cached {
  readonly key: string;
  /** SHA-256 of the module. */
  readonly module: string;
  readonly tier: Tier;
  /** The initialisers whose work the program begins with; empty without a snapshot. */
  readonly snapshot: string;
  readonly path: string;
  readonly size: number;
  /** It was there already. */
  readonly found: boolean;
}

const mostProgram = 256 * 1024 * 1024;
export const programName = "program";
export const recordName = "record.json";
export const lockName = "lock";

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
export function openCache(system: System): string {
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

/** What is noted of a program beside it. */
export interface Recorded {
  /** SHA-256 of the program. */
  readonly program: string;
  readonly module: string;
  readonly tier: Tier;
  readonly snapshot: string;
  readonly size: number;
}

/** The record of a file; undefined for one that is not there, or not as a record is. */
export function readRecord(system: System, path: string): Recorded | undefined {
  try {
    const value: unknown = JSON.parse(system.readText(path, 65536));
    if (typeof value !== "object" || value === null) return undefined;
    if (!("program" in value) || !("module" in value) || !("tier" in value) || !("size" in value)) return undefined;
    const { program, module, tier, size } = value;
    const snapshot = "snapshot" in value ? value.snapshot : "";
    if (typeof program !== "string" || typeof module !== "string" || typeof size !== "number") return undefined;
    if (typeof snapshot !== "string" || (tier !== "quick" && tier !== "best")) return undefined;
    return { program, module, tier, snapshot, size };
  } catch {
    return undefined;
  }
}

/** What a program is made of, and the name of that in the cache. */
export interface Identity {
  readonly key: string;
  readonly module: string;
  readonly tier: Tier;
  readonly snapshot: string;
}

/** A program that is there whole; one that is not as it was written, or is of something else, counts for nothing. */
export function find(system: System, dir: string, identity: Identity): Cached | undefined {
  const { key, module, tier, snapshot } = identity;
  const path = `${dir}/${key}/${programName}`;
  const stat = optional(() => system.stat(path, { follow: false }));
  if (stat?.kind !== "file" || whyUntrusted(system, stat) !== undefined) return undefined;
  const record = readRecord(system, `${dir}/${key}/${recordName}`);
  const bytes = optional(() => system.readBytes(path, mostProgram));
  if (record === undefined || bytes === undefined || system.digest(bytes) !== record.program) return undefined;
  if (record.module !== module || record.tier !== tier || record.snapshot !== snapshot) return undefined;
  return { ...identity, path, size: bytes.length, found: true };
}

/** The record comes last: without it the program counts for nothing. */
export function insert(system: System, dir: string, identity: Identity, program: Uint8Array): Cached {
  const { key, module, tier, snapshot } = identity;
  const path = `${dir}/${key}/${programName}`;
  const record: Recorded = { module, tier, snapshot, program: system.digest(program), size: program.length };
  system.writeFile(path, program, { mode: 0o555 });
  system.writeFile(`${dir}/${key}/${recordName}`, `${JSON.stringify(record)}\n`, { mode: 0o444 });
  return { ...identity, path, size: program.length, found: false };
}
