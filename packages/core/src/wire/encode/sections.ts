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
  /** Adds a string, and puts where it is: two words. Its length; -1 if it cannot be encoded (a NUL, or a lone surrogate that is no byte). */
  put(text: string, words: Uint32Array, at: number): number;
  /** The same of several strings, each with its NUL. */
  putRun(texts: readonly string[], words: Uint32Array, at: number): number;
}

/** Most plans need less. */
const firstRoom = 8192;

/** Begins a string section with its NUL. */
export function makeStringSection(): StringSection {
  /** Where strings are. */
  const known = new Map<string, number>();
  /** Runs by their strings with NULs between them. */
  const runs = new Map<string, Reference>();
  let bytes = new Uint8Array(firstRoom);
  let end = 1;
  /** Stores a text and a NUL. How many bytes the text is; -1 if it has none. */
  const store = (text: string): number => {
    const length = encodeInto(text, bytes, end);
    if (length < 0) return length;
    if (end + length >= bytes.length) {
      const larger = new Uint8Array(2 * (end + length));
      larger.set(bytes);
      bytes = larger;
      return store(text);
    }
    end += length + 1;
    return length;
  };
  const put = (text: string, words: Uint32Array, at: number): number => {
    const found = known.get(text);
    const offset = found ?? end;
    let length = -1;
    // A string has no NUL but the one behind it.
    if (found !== undefined) length = bytes.indexOf(0, found) - found;
    else if (!text.includes("\0")) length = store(text);
    if (length < 0) return length;
    if (found === undefined) known.set(text, offset);
    words[at] = offset;
    words[at + 1] = length;
    return length;
  };
  const addSeveral = (texts: readonly string[]): Reference | undefined => {
    if (texts.some((text) => text.includes("\0"))) return undefined;
    const run = texts.join("\0");
    const found = runs.get(run);
    if (found !== undefined) return found;
    const offset = end;
    const length = store(run);
    if (length < 0) return undefined;
    const reference = { offset, length };
    runs.set(run, reference);
    return reference;
  };
  return {
    size: () => end,
    writeTo: (target) => target.set(bytes.subarray(0, end)),
    put,
    putRun(texts, words, at) {
      const reference = texts.length === 1 ? undefined : addSeveral(texts);
      if (reference !== undefined) words[at] = reference.offset;
      const length = texts.length === 1 ? put(texts[0] ?? "", words, at) : (reference?.length ?? -1);
      if (length < 0) return length;
      // With the last NUL.
      words[at + 1] = length + 1;
      return length + 1;
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
