// Things that take long to make, kept in test/.cache/vm under the hash of what they are made from.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", ".cache", "vm");

/** The first characters of the SHA-256 of some parts. */
export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Where something of a name is kept. */
export const cachePath = (name: string): string => join(folder, name);

/** The directory kept for a key. What is not there is made by `fill` beside it and renamed, so it is whole or absent. */
export function cached(key: string, fill: (directory: string) => void): string {
  const path = cachePath(key);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const temporary = mkdtempSync(join(folder, `.new-${key}-`));
  try {
    fill(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(path)) throw error;
  }
  return path;
}

/** The same for what takes other processes and time. */
export async function cachedLater(key: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const path = cachePath(key);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const temporary = mkdtempSync(join(folder, `.new-${key}-`));
  try {
    await fill(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
  }
  return path;
}
