// The records of a log: lines, each with a time, a stream, and whether the line of the program goes on (docs/formats/logs.md).
// A newline of the program ends a record, so that nothing that a program writes can look like one.
import { CofferError } from "../../errors.ts";
import { escapeControl } from "../../escape.ts";
import { decodeText } from "../../wire/utf8.ts";

/** What a program has written: a line, or a piece of one. */
export interface LogRecord {
  readonly stream: "stdout" | "stderr";
  /** When the satellite has read it: seconds since 1970, with nine digits behind the dot. */
  readonly time: string;
  /** Without the newline. */
  readonly bytes: Uint8Array;
  /** The rest of the line comes in the next record of the stream. */
  readonly goesOn: boolean;
}

/** `1764600000.123456789 stdout F `: the time has always as many digits. */
const head = /^(\d{10}\.\d{9}) (stdout|stderr|coffer) ([FP]) /;
const longestHead = 30;
const lostMark = /^\d{10}\.\d{9} coffer F lost (\d{1,15})$/;
const longestMark = 64;
const partHead = /^\d{10}\.\d{9} coffer F part (\d{1,15})\n/;

/** The number of the part whose file begins so; undefined if the file has no part yet. */
export function partNumber(begin: Uint8Array): number | undefined {
  const [, number] = partHead.exec(decodeText(begin)) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** How many bytes of records were lost right before a line that tells so; undefined for another line. */
export function bytesLost(line: Uint8Array): number | undefined {
  const [, bytes] = lostMark.exec(decodeText(line.subarray(0, longestMark))) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

/**
 * The record of a line; undefined for what the satellite says itself.
 *
 * @throws {CofferError} E_STATE_CORRUPT
 */
export function parseRecord(id: string, file: string, line: Uint8Array): LogRecord | undefined {
  const [all = "", time = "", stream, tag] = head.exec(decodeText(line.subarray(0, longestHead))) ?? [];
  const bytes = line.subarray(all.length);
  if (stream === "coffer") return undefined;
  if (stream === "stdout" || stream === "stderr") return { stream, time, bytes, goesOn: tag === "P" };
  throw new CofferError("E_STATE_CORRUPT", `${file} of container ${id} is no log`, { id, file });
}

/** What was written, for a terminal: a program may have written what a terminal would obey. */
export function showBytes(bytes: Uint8Array): string {
  return decodeText(bytes).split("\t").map(escapeControl).join("\t");
}
