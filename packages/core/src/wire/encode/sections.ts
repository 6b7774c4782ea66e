// The string and blob sections while a plan is encoded: what is referred to twice is stored once.
import { align } from "../image.ts";
import { encodeInto } from "../utf8.ts";

/** A reference into a section. */
export interface Reference {
  readonly offset: number;
  readonly length: number;
}

export const nullReference: Reference = { offset: 0, length: 0 };

/** The string section so far. */
export interface StringSection {
  size(): number;
  writeTo(target: Uint8Array): void;
  /** One string; undefined when it cannot be encoded (a NUL, or a lone surrogate that is no byte). */
  add(text: string): Reference | undefined;
  /** A run of strings, each with its NUL. */
  addRun(texts: readonly string[]): Reference | undefined;
}

/** Most plans need less. */
const firstRoom = 8192;

/** Begins a string section with its NUL. */
export function makeStringSection(): StringSection {
  const known = new Map<string, Reference>();
  /** By their strings with NULs between them. */
  const runs = new Map<string, Reference>();
  let bytes = new Uint8Array(firstRoom);
  let end = 1;
  /** Puts a text and a NUL; the reference is without that. */
  const store = (text: string): Reference | undefined => {
    const length = encodeInto(text, bytes, end);
    if (length < 0) return undefined;
    if (end + length >= bytes.length) {
      const larger = new Uint8Array(2 * (end + length));
      larger.set(bytes);
      bytes = larger;
      return store(text);
    }
    const reference = { offset: end, length };
    end += length + 1;
    return reference;
  };
  const add = (text: string): Reference | undefined => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const reference = text.includes("\0") ? undefined : store(text);
    if (reference !== undefined) known.set(text, reference);
    return reference;
  };
  const addSeveral = (texts: readonly string[]): Reference | undefined => {
    if (texts.some((text) => text.includes("\0"))) return undefined;
    const run = texts.join("\0");
    const found = runs.get(run);
    if (found !== undefined) return found;
    const reference = store(run);
    if (reference !== undefined) runs.set(run, reference);
    return reference;
  };
  return {
    size: () => end,
    writeTo: (target) => target.set(bytes.subarray(0, end)),
    add,
    addRun(texts) {
      const reference = texts.length === 1 ? add(texts[0] ?? "") : addSeveral(texts);
      return reference && { offset: reference.offset, length: reference.length + 1 };
    },
  };
}

/** The blob section so far. */
export interface BlobSection {
  size(): number;
  /** Where the blob is. */
  add(blob: Uint8Array): number;
  writeTo(target: Uint8Array): void;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Begins an empty blob section. */
export function makeBlobSection(): BlobSection {
  const blobs: { readonly offset: number; readonly blob: Uint8Array }[] = [];
  let end = 0;
  return {
    size: () => end,
    add(blob) {
      const found = blobs.find((stored) => sameBytes(stored.blob, blob));
      if (found !== undefined) return found.offset;
      const offset = align(end);
      blobs.push({ offset, blob });
      end = offset + blob.length;
      return offset;
    },
    writeTo(target) {
      for (const { offset, blob } of blobs) target.set(blob, offset);
    },
  };
}
