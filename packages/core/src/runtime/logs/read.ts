// Reading a log that a satellite writes meanwhile: two files by turns, of which the older is emptied for the next part.
import { CofferError } from "../../errors.ts";
import { optional } from "../../system/error.ts";
import type { Growing } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import { findStatus } from "../store/status.ts";
import { logFiles, placeOf, readRecord } from "../store/store.ts";
import type { LogRecord } from "./records.ts";
import { bytesLost, parseRecord, partNumber } from "./records.ts";

const newline = 0x0a;
/** How many bytes the first line of a part has at most. */
const headBytes = 64;
const firstPause = 5;
const longestPause = 100;
/** How long the satellite may take to write what is left when the container has ended. */
const lastMs = 2000;

interface Part {
  readonly number: number;
  readonly name: string;
  readonly file: Growing;
  /** What was read of it, and is no whole record yet. */
  rest: Uint8Array;
}

/** A log that is being read. */
interface Reading {
  readonly runtime: Runtime;
  readonly id: string;
  readonly place: string;
  /** Tells the container from a later one of the same name. */
  readonly created: string;
  part?: Part | undefined;
  /** Until when what is left is waited for. */
  lastAt?: number;
}

/** The part that a file has now. */
function openPart({ runtime, place }: Reading, name: string): Part | undefined {
  const file = optional(() => runtime.system.openGrowing(`${place}/${name}`));
  const rest = file?.read(headBytes);
  const number = rest && partNumber(rest);
  if (file && rest && number !== undefined) return { number, name, file, rest };
  file?.close();
  return undefined;
}

/** A part that is there and follows the one that is read: the next, or the newest, which is the last to be emptied. */
function openNext(log: Reading, which: "next" | "newest"): Part | undefined {
  const found = logFiles.flatMap((name) => openPart(log, name) ?? []).toSorted((a, b) => a.number - b.number);
  const later = found.filter(({ number }) => number > (log.part?.number ?? 0));
  const next = which === "next" ? later[0] : later.at(-1);
  for (const part of found) if (part !== next) part.file.close();
  return next;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

function warnOfLoss({ runtime, place }: Reading, message: string): void {
  runtime.warn?.(new CofferError("E_IO", message, { path: place }));
}

/** What has been written of the part since it was read last. Returns whether its file has another part by now: the rest is lost. */
function* readPart(log: Reading, part: Part): Generator<LogRecord, boolean> {
  for (let more = true; more; ) {
    const bytes = part.file.read();
    more = bytes.length > 0;
    const now = openPart(log, part.name);
    now?.file.close();
    if (now?.number !== part.number) return true;
    const all = join(part.rest, bytes);
    let at = 0;
    for (let end = all.indexOf(newline); end >= 0; end = all.indexOf(newline, at)) {
      const line = all.subarray(at, end);
      const record = parseRecord(log.id, part.name, line);
      at = end + 1;
      if (record !== undefined) yield record;
      const lost = bytesLost(line);
      if (lost !== undefined)
        warnOfLoss(log, `${lost} bytes of the log of container ${log.id} were lost here: no space was left`);
    }
    part.rest = all.subarray(at);
  }
  return false;
}

/** So many parts may be lost while they are read, until what is lost counts as read: somebody writes faster than it is read. */
const mostLost = 20;

/** What has been written since the log was read last, of so many parts more. */
function* readMore(log: Reading, most: number): Generator<LogRecord, void> {
  let isLost = false;
  for (let count = 0, losses = 0; ; ) {
    const next = openNext(log, isLost ? "newest" : "next");
    // After that look: nothing is added to a part once there is a next one.
    isLost = log.part !== undefined && (yield* readPart(log, log.part));
    if (isLost && losses < mostLost) losses += 1;
    else if (next === undefined || count > most) return next?.file.close();
    else count += 1;
    if (next === undefined) continue;
    log.part?.file.close();
    log.part = next;
  }
}

/** The last lines of records, each with all of its pieces. */
function lastLines(records: Iterable<LogRecord>, most: number): readonly LogRecord[] {
  let lines: LogRecord[][] = [];
  const begun = new Map<string, LogRecord[]>();
  for (const record of records) {
    const line = begun.get(record.stream) ?? [];
    if (line.push(record) === 1) lines.push(line);
    if (record.goesOn) begun.set(record.stream, line);
    else begun.delete(record.stream);
    if (lines.length > 2 * most) lines = lines.slice(lines.length - most);
  }
  return lines.slice(Math.max(0, lines.length - most)).flat();
}

/** The satellite takes the right to write from its files when no more comes. */
const ownerWrites = 0o200;

/** Whether what is there is all that is waited for. */
async function isOver(log: Reading, follow: boolean): Promise<boolean> {
  const { runtime, id, created } = log;
  try {
    const record = readRecord(runtime, id);
    const file = runtime.system.findStat(`${log.place}/${logFiles[0]}`);
    if (record.created !== created || file === undefined || (file.mode & ownerWrites) === 0) return true;
    if ((await findStatus(runtime, id, { record })).status !== "stopped") return !follow;
  } catch (error) {
    // It was deleted, and its log with it.
    if (CofferError.is(error, "E_CONTAINER_NOT_FOUND")) return true;
    throw error;
  }
  log.lastAt ??= runtime.system.elapsed() + lastMs;
  if (runtime.system.elapsed() < log.lastAt) return false;
  warnOfLoss(log, `the end of the log of container ${id} is missing: who wrote it was killed, or no space was left`);
  return true;
}

/** Options of `readLog`. */
export interface ReadLogOptions {
  /** Goes on until the container has ended. Default: until what is there has been read. */
  readonly follow?: boolean | undefined;
  /** How many lines of what is there, the last ones. Default: all. */
  readonly tail?: number | undefined;
}

/**
 * What a container has written, as far as it is kept. Of a container that has ended it is read to the end.
 *
 * @throws {CofferError} E_CONTAINER_NOT_FOUND, E_USAGE when its output is not kept, E_STATE_CORRUPT
 */
export async function* readLog(
  runtime: Runtime,
  id: string,
  { follow = false, tail }: ReadLogOptions = {},
): AsyncGenerator<LogRecord, void> {
  const { system } = runtime;
  const log: Reading = { runtime, id, place: placeOf(runtime, id), created: readRecord(runtime, id).created };
  if (system.areMissing(logFiles.map((name) => `${log.place}/${name}`))) {
    const hint = "make it with `coffer run --detach --keep-output`, or with the option `logs` of the API";
    throw new CofferError("E_USAGE", `nothing is kept of what container ${id} writes`, { argument: "id" }, { hint });
  }
  let most = tail;
  try {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      // Before the reading: what was written until then is read. Somebody who writes without end is not read without end.
      const isLast = await isOver(log, follow);
      const records = isLast || follow ? readMore(log, isLast ? logFiles.length : Number.POSITIVE_INFINITY) : [];
      for (const record of most === undefined ? records : lastLines(records, most)) {
        pause = firstPause;
        yield record;
      }
      if (isLast) return;
      if (follow) most = undefined;
      await system.sleep(pause);
    }
  } finally {
    log.part?.file.close();
  }
}
