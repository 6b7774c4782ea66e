// Things that take long to make, kept in test/.cache/vm under the hash of what they are made from.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", ".cache", "vm");
const staleMs = 3_600_000;

/** Where something of a name is kept. */
export const cachePath = (name: string): string => join(folder, name);

/** The first characters of the SHA-256 of some parts. */
export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Removes what was kept of a kind before this hash, and what processes that were killed have left. */
function prune(kind: string, hash: string): void {
  for (const name of readdirSync(folder)) {
    const old = name.startsWith(`${kind}-`) && name !== `${kind}-${hash}`;
    const left = name.startsWith(".new-") && Date.now() - statSync(cachePath(name)).mtimeMs > staleMs;
    if (old || left) rmSync(cachePath(name), { recursive: true, force: true });
  }
}

/** Does something while no other process does anything under that name. The lock goes with us, however we end. */
async function alone<T>(name: string, use: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [cachePath(`lock-${name}`), "sh", "-c", "echo; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  try {
    return await use();
  } finally {
    holder.stdin.end();
  }
}

/**
 * The directory kept for a kind of thing and the hash of what it is made from. What is not there is made by `fill`
 * beside it and renamed, so it is whole or absent; the kind's older ones go.
 */
export async function cached(
  kind: string,
  hash: string,
  fill: (directory: string) => void | Promise<void>,
): Promise<string> {
  const path = cachePath(`${kind}-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  await alone(kind, async () => {
    // Another process may have been faster.
    if (existsSync(path)) return;
    const temporary = mkdtempSync(join(folder, `.new-${kind}-`));
    try {
      await fill(temporary);
      renameSync(temporary, path);
      prune(kind, hash);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  });
  return path;
}
