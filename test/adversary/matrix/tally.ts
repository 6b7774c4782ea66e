// What the attacker's program has counted (test/adversary/program/tally.h), read from the file that it maps.
import { readFileSync, writeFileSync } from "node:fs";

/** What an attack can reach, in the order of `enum hit`. */
const kinds = [
  "the program of a process of the runtime",
  "a process of the runtime, by ptrace",
  "its root directory",
  "its memory",
  "a descriptor of it",
  "a new file in a directory of root on the host",
  "its kernel objects",
  "a file of root on the host",
  "the caller's terminal",
  "more than its limit",
  "an abstract socket of the runtime",
  "the cgroups of the host",
] as const;

const size = 4096;
const headers = 3;

export type Tally = { readonly tries: bigint; readonly hits: readonly bigint[] };

/** Makes the file that the attacker maps. */
export function makeTally(path: string): void {
  writeFileSync(path, Buffer.alloc(size), { mode: 0o666 });
}

export function readTally(path: string): Tally {
  const bytes = readFileSync(path);
  const words = Array.from({ length: headers + kinds.length }, (_, index) => bytes.readBigUInt64LE(8 * index));
  return { tries: words[0] ?? 0n, hits: words.slice(headers) };
}

/** What has been reached between two readings. */
export function reached(before: Tally, after: Tally): readonly string[] {
  return kinds.filter((_, index) => (after.hits[index] ?? 0n) > (before.hits[index] ?? 0n));
}
