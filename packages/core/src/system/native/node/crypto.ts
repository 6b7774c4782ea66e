// `node:crypto` for the native front: random bytes of the kernel, SHA-256, and what Node does not have.
import { checkedNumber } from "./errno.ts";

/** Bytes that are only shown. */
interface Shown {
  toString(form: "hex"): string;
}

const hexOf = (word: number, letters: number): string => word.toString(16).padStart(letters, "0");

/** Words of four bytes, and then single ones: the engine writes a number more quickly than a script writes its bytes. */
function toHex(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) text += hexOf(view.getUint32(at), 8);
  for (; at < bytes.length; at++) text += hexOf(view.getUint8(at), 2);
  return text;
}

const shown = (bytes: Uint8Array): Shown => ({ toString: () => toHex(bytes) });

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
