// What there is in the cache, and what goes.
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Tier } from "./store.ts";
import { lockName, openCache, programName, readRecord, recordName } from "./store.ts";

/** A line of the cache's list. */
export interface CacheEntry {
  readonly key: string;
  /** Bytes of the program. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256 of the module. */
  readonly module: string;
  readonly tier: Tier;
  /** The initialisers of its snapshot. */
  readonly snapshot: string;
}

function entryOf(system: System, dir: string, key: string): CacheEntry | undefined {
  const record = readRecord(system, `${dir}/${key}/${recordName}`);
  const stat = optional(() => system.stat(`${dir}/${key}/${programName}`, { follow: false }));
  if (record === undefined || stat === undefined) return undefined;
  const { size, module, tier, snapshot } = record;
  return { key, size, modified: stat.modified, module, tier, snapshot };
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
