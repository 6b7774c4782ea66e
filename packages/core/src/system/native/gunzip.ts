import { SystemError } from "../error.ts";

const tooLong = -27;

/** Unpacks a gzip file of at most `limit` bytes, as the port says. */
export function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  const unpacked = host.gunzip(bytes, limit);
  if (typeof unpacked !== "number") return unpacked;
  throw new SystemError("gunzip", "archive", unpacked === tooLong ? "EFBIG" : "EILSEQ");
}
