// Flags and masks of ops as words: what the kernel has names for.

import { cloneFlags } from "../namespaces/namespaces.ts";
import { capabilityNames } from "../process/capabilities.ts";
import { attr } from "../tree/mount-words.ts";
import { fileSystemMagics } from "../tree/mounts.ts";

/** Names of bits, and of values of several bits: those first that have the most. */
type Bits = readonly (readonly [name: string, bits: bigint])[];

const bitsOf = (table: Readonly<Record<string, number>>): Bits =>
  Object.entries(table).map(([name, bits]) => [name, BigInt(bits)]);

const namespaces = bitsOf(cloneFlags);
const { readonly: ro, ...attributes } = attr;
const mounts: Bits = [["atime", 0x70n], ...bitsOf({ ro, ...attributes })];
/** ST_* of statvfs(3). */
const states = bitsOf({ ro: 1, nosuid: 2, nodev: 4, noexec: 8, noatime: 1024, nodiratime: 2048, nosymfollow: 8192 });
/** SECCOMP_FILTER_FLAG_*. */
const filters = bitsOf({
  tsync: 1,
  log: 2,
  "spec-allow": 4,
  "new-listener": 8,
  "tsync-esrch": 16,
  "wait-killable": 32,
});
const capabilities: Bits = capabilityNames.map((name, bit) => [
  name.slice("CAP_".length).toLowerCase(),
  1n << BigInt(bit),
]);

const tables: Readonly<Record<string, Bits>> = {
  attrs: mounts,
  set: mounts,
  clear: mounts,
  namespaces,
  types: namespaces,
  type: namespaces,
  require: states,
  filterFlags: filters,
  keep: capabilities,
  effective: capabilities,
  permitted: capabilities,
  inheritable: capabilities,
  ambient: capabilities,
};

/** The names of the bits that are set, `none`, or `all`; what has no name stays a number. */
function namesOf(table: Bits, value: bigint): string {
  if (value === 0n) return "none";
  if (table === capabilities && table.every(([, bit]) => (value & bit) !== 0n)) return "all";
  const names: string[] = [];
  let rest = value;
  for (const [name, bits] of table) {
    if ((rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  return [...names, ...(rest === 0n ? [] : [`0x${rest.toString(16)}`])].join("+");
}

/** What a number of an op says, where the kernel has names for it. */
export function flagWords(name: string, value: number | bigint): string | undefined {
  if (name === "magic" && Number(value) === 0) return "any";
  if (name === "magic") return Object.entries(fileSystemMagics).find(([, magic]) => magic === Number(value))?.[0];
  const table = tables[name];
  return table === undefined ? undefined : namesOf(table, BigInt(value));
}

/** The rows of `start-network`, in words: which addresses are allowed, and which are blocked. */
export function addressWords(rules: Uint8Array): readonly string[] {
  return Array.from({ length: Math.floor(rules.length / 8) }, (_, row) => {
    const [a, b, c, d, high = 0, low = 0, bits = 0, blocks] = rules.subarray(row * 8, row * 8 + 8);
    const port = (high << 8) | low;
    const where = `${bits === 0 ? "*" : [a, b, c, d].join(".")}${bits === 0 || bits === 32 ? "" : `/${bits}`}`;
    return `${blocks === 0 ? "allow" : "block"} ${where}${port === 0 ? "" : `:${port}`}`;
  });
}

/** What the rows of `start-network` let through. */
export function reachedWords(rules: Uint8Array): readonly string[] {
  return addressWords(rules).flatMap((words) => {
    const [verb, where = ""] = words.split(" ");
    return verb === "allow" ? [where.replace("*", "every public address")] : [];
  });
}
