// `node:crypto` for the native front: random bytes of the kernel, SHA-256, and what Node does not have.
import { checkedNumber } from "./errno.ts";

/** Bytes that are only shown. */
interface Shown {
  toString(form: "hex"): string;
}

function shown(bytes: Uint8Array): Shown {
  return { toString: () => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

export function randomBytes(size: number): Shown {
  const bytes = new Uint8Array(size);
  checkedNumber(host.random(bytes), "getrandom");
  return shown(bytes);
}

/** Tells damage from what was written. It is no defence against somebody who writes. */
export const checksum = (bytes: Uint8Array): string => shown(host.digest(bytes, 2)).toString("hex");

/** A hash of one piece. */
export function createHash(name: "sha256" | "sha1"): { update(bytes: Uint8Array): { digest(form: "hex"): string } } {
  const isSha1 = name === "sha1" ? 1 : 0;
  return { update: (bytes) => ({ digest: () => shown(host.digest(bytes, isSha1)).toString("hex") }) };
}
