// Bytes as text, without loss (decision 0019). A byte that is no part of UTF-8 is a lone surrogate, U+DC80 for 0x80 up to
// U+DCFF for 0xff, as in Python's surrogateescape. Each row of bytes has one text, and each text at most one row of bytes.
// Without TextEncoder, which the engine of the native front does not have.

const firstEscape = 0xdc00;

function put(bytes: number[], point: number): void {
  if (point < 0x80) bytes.push(point);
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
}

/** Tells whether a text stands for UTF-8: no byte of it is written as a lone surrogate. */
export function isUtf8(text: string): boolean {
  return text.isWellFormed();
}

function pushUnits(bytes: number[], text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes.push(unit);
      continue;
    }
    const point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) index++;
    if (point < 0xd800 || point > 0xdfff) put(bytes, point);
    else if (point >= firstEscape + 0x80 && point <= firstEscape + 0xff) bytes.push(point - firstEscape);
    else return false;
  }
  return true;
}

/**
 * Appends the text's bytes. False, with nothing useful appended, if the text stands for no bytes. Such a text has a
 * surrogate that is no byte, or lone surrogates that together are UTF-8, which has a text of its own.
 */
export function pushText(bytes: number[], text: string): boolean {
  const start = bytes.length;
  if (!pushUnits(bytes, text)) return false;
  return isUtf8(text) || decodeText(Uint8Array.from(bytes.slice(start))) === text;
}

/** The bytes of a text; undefined when it stands for none. */
export function encodeText(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  return pushText(bytes, text) ? Uint8Array.from(bytes) : undefined;
}

/**
 * Writes a text's bytes at a place, if there is room for them. How many bytes they are; -1, and nothing is written, when the text
 * stands for none.
 */
export function encodeInto(text: string, target: Uint8Array, at: number): number {
  const bytes = encodeText(text);
  if (bytes === undefined) return -1;
  if (at + bytes.length <= target.length) target.set(bytes, at);
  return bytes.length;
}

/** How many bytes a text is. */
export function textLength(text: string): number {
  const bytes: number[] = [];
  pushText(bytes, text);
  return bytes.length;
}

/** How many bytes follow the first one, the bits that it gives, and the smallest code point of that length. */
function lead(byte: number): readonly [follow: number, bits: number, least: number] | undefined {
  if (byte < 0x80) return [0, byte, 0];
  if (byte >= 0xc2 && byte < 0xe0) return [1, byte & 31, 0x80];
  if (byte >= 0xe0 && byte < 0xf0) return [2, byte & 15, 0x800];
  if (byte >= 0xf0 && byte < 0xf5) return [3, byte & 7, 0x10000];
  return undefined;
}

function pointAt(bytes: Uint8Array, at: number, end: number): readonly [point: number, next: number] | undefined {
  const head = lead(bytes[at] ?? 0xff);
  if (head === undefined || at + head[0] >= end) return undefined;
  let point = head[1];
  for (let index = 1; index <= head[0]; index++) {
    const byte = bytes[at + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (byte & 63);
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point < head[2] || point > 0x10ffff || isSurrogate ? undefined : [point, at + head[0] + 1];
}

/** The text of the bytes from `start` up to `end`. */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      at++;
      continue;
    }
    const [point, next] = pointAt(bytes, at, end) ?? [firstEscape + byte, at + 1];
    text += String.fromCodePoint(point);
    at = next;
  }
  return text;
}
