// UTF-8 without TextEncoder, which the engine of the native front does not have. Strict in both directions.

function put(bytes: number[], point: number): void {
  if (point < 0x80) bytes.push(point);
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
}

/** Appends the text's bytes. False, with nothing useful appended, when it has a lone surrogate. */
export function pushUtf8(bytes: number[], text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0xd800 || unit > 0xdfff) {
      put(bytes, unit);
      continue;
    }
    const next = index + 1 < text.length ? text.charCodeAt(index + 1) : 0;
    if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff) return false;
    put(bytes, 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
    index++;
  }
  return true;
}

/** How many bytes a text is. */
export function utf8Length(text: string): number {
  const bytes: number[] = [];
  pushUtf8(bytes, text);
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
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < head[2] || point > 0x10ffff || surrogate ? undefined : [point, at + head[0] + 1];
}

/** The text from `start` up to `end`, or undefined when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let at = start;
  while (at < end) {
    const found = pointAt(bytes, at, end);
    if (found === undefined) return undefined;
    text += String.fromCodePoint(found[0]);
    at = found[1];
  }
  return text;
}
