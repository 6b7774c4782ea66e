// Bytes as text and back (decision 0019), where the bytes are the kernel's.
import { decodeText, pushText } from "../../wire/utf8.ts";
import { SystemError } from "../error.ts";

/** The text of bytes of any kind. */
export function toText(bytes: Uint8Array): string {
  return host.decode(bytes) ?? decodeText(bytes);
}

/**
 * A text as the host takes it: as it is when it is UTF-8, else its bytes.
 *
 * @throws {SystemError} EILSEQ when the text stands for no bytes
 */
export function toNode(text: string): string | Uint8Array {
  if (text.isWellFormed()) return text;
  const bytes: number[] = [];
  if (!pushText(bytes, text)) throw new SystemError("encode", text, "EILSEQ");
  return Uint8Array.from(bytes);
}
