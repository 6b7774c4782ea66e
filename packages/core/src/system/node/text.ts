// Bytes as text and back (decision 0019), where the bytes are the kernel's.
import { decodeText, isUtf8, pushText } from "../../wire/utf8.ts";
import { SystemError } from "../error.ts";

/** Node's own reader, which is quick, for what is UTF-8: nearly all. A byte order mark is three bytes like others. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of bytes of any kind. Deno has a text where bytes are asked for, in which U+FFFD stands for what is not UTF-8.
 *
 * @throws {SystemError} EILSEQ when such a text may stand for other bytes
 */
export function toText(bytes: Uint8Array | string): string {
  if (typeof bytes === "string") {
    if (bytes.includes("\ufffd")) throw new SystemError("decode", bytes, "EILSEQ");
    return bytes;
  }
  try {
    return strict.decode(bytes);
  } catch {
    return decodeText(bytes);
  }
}

/**
 * A text as Node takes it, for a path or a content. As a string it would have U+FFFD for a byte that is no part of UTF-8,
 * and so name another file.
 *
 * @throws {SystemError} EILSEQ when the text stands for no bytes
 */
export function toNode(text: string): string | Buffer {
  if (isUtf8(text)) return text;
  const bytes: number[] = [];
  if (!pushText(bytes, text)) throw new SystemError("encode", text, "EILSEQ");
  return Buffer.from(bytes);
}
