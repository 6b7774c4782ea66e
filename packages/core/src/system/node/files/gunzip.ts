// Archives, which hostile hands may have written.
import { gunzipSync, inflateRawSync } from "node:zlib";
import { SystemError } from "../../error.ts";

const gzipHeader = 10;
const gzipTrailer = 8;

/** Where the deflated part of a gzip file that begins with no more than the ten bytes of its header ends. */
function endOfMember(bytes: Uint8Array, limit: number): number {
  const unpacked: unknown = inflateRawSync(bytes.subarray(gzipHeader), { maxOutputLength: limit, info: true });
  const { engine } = Object(unpacked);
  return gzipHeader + Number(engine.bytesWritten) + gzipTrailer;
}

/**
 * Unpacks a gzip file of at most `limit` bytes; EFBIG when it is longer, EILSEQ when it is none. gzip(1) also unpacks
 * further files that follow, of other formats too, and ignores what it does not know: here nothing follows but zeros.
 */
export function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    const [first, second, method, flags] = bytes;
    if (first !== 0x1f || second !== 0x8b || method !== 8 || flags !== 0) throw new Error("no plain header of gzip");
    const end = endOfMember(bytes, limit);
    if (bytes.subarray(end).some((byte) => byte !== 0)) throw new Error("something follows the end");
    return gunzipSync(bytes.subarray(0, end), { maxOutputLength: limit });
  } catch (cause) {
    const isLong = cause instanceof RangeError;
    throw new SystemError("gunzip", "archive", isLong ? "EFBIG" : "EILSEQ", { cause });
  }
}
