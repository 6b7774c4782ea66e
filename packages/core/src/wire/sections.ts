// The string and blob sections while a plan is encoded: what is referred to twice is stored once.
import { align } from "./image.ts";
import { encodeText } from "./utf8.ts";

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

/** Begins a string section with its NUL. */
export function makeStringSection(): StringSection {
  const known = new Map<string, Reference>();
  const chunks: Uint8Array[] = [];
  let end = 1;
  // The text may have the NULs that divide a run; the reference is without the last one.
  const store = (text: string): Reference | undefined => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const bytes = encodeText(text);
    if (bytes === undefined) return undefined;
    const reference = { offset: end, length: bytes.length };
    chunks.push(bytes);
    end += bytes.length + 1;
    known.set(text, reference);
    return reference;
  };
  return {
    size: () => end,
    writeTo(target) {
      let at = 1;
      for (const chunk of chunks) {
        target.set(chunk, at);
        at += chunk.length + 1;
      }
    },
    add: (text) => (text.includes("\0") ? undefined : store(text)),
    addRun(texts) {
      if (texts.some((text) => text.includes("\0"))) return undefined;
      const reference = store(texts.join("\0"));
      return reference && { offset: reference.offset, length: reference.length + 1 };
    },
  };
}

/** The blob section so far. */
export interface BlobSection {
  size(): number;
  add(blob: Uint8Array): Reference;
  writeTo(target: Uint8Array): void;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Begins an empty blob section. */
export function makeBlobSection(): BlobSection {
  const blobs: { readonly offset: number; readonly blob: Uint8Array }[] = [];
  let end = 0;
  return {
    size: () => end,
    add(blob) {
      const found = blobs.find((stored) => sameBytes(stored.blob, blob));
      if (found !== undefined) return { offset: found.offset, length: blob.length };
      const offset = align(end);
      blobs.push({ offset, blob });
      end = offset + blob.length;
      return { offset, length: blob.length };
    },
    writeTo(target) {
      for (const { offset, blob } of blobs) target.set(blob, offset);
    },
  };
}
