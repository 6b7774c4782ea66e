// Bytes as text where both are UTF-8, which is nearly always: the engine does it at once. All else is as in wire/utf8.ts.
import {
  decodeText as decodeAny,
  encodeText as encodeAny,
  encodeInto as encodeIntoAny,
  textLength as lengthOfAny,
  pushText as pushAny,
} from "../../../wire/utf8.ts";

/** Tells whether a text stands for UTF-8: no byte of it is written as a lone surrogate. */
export function isUtf8(text: string): boolean {
  return text.isWellFormed();
}

/** Appends the text's bytes. False, with nothing useful appended, when the text stands for no bytes. */
export function pushText(bytes: number[], text: string): boolean {
  if (!text.isWellFormed()) return pushAny(bytes, text);
  for (const byte of host.encode(text)) bytes.push(byte);
  return true;
}

/** The bytes of a text; undefined when it stands for none. */
export function encodeText(text: string): Uint8Array | undefined {
  return text.isWellFormed() ? host.encode(text) : encodeAny(text);
}

/**
 * Writes a text's bytes at a place, if there is room for them. How many bytes they are; -1, and nothing is written, when the text
 * stands for none.
 */
export function encodeInto(text: string, target: Uint8Array, at: number): number {
  const size = host.encodeInto(text, target, at);
  return size < 0 ? encodeIntoAny(text, target, at) : size;
}

/** How many bytes a text is. */
export function textLength(text: string): number {
  return text.isWellFormed() ? host.encode(text).length : lengthOfAny(text);
}

/** The text of the bytes from `start` up to `end`. */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return host.decode(bytes.subarray(start, end)) ?? decodeAny(bytes, start, end);
}
