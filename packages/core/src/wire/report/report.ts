// Report records: what the launcher writes to its report descriptor. 64 bytes each, little-endian; behind a failure may
// stand what somebody else said about it, filled up with NUL to whole records.

import { WireError } from "../error.ts";
import type { OpName, Phase } from "../tables/op-table.ts";
import { opTable, phases } from "../tables/op-table.ts";
import { decodeText, isUtf8 } from "../utf8.ts";
import type { ReportCode, ReportState } from "./table.ts";
import { reportCodes, reportStates } from "./table.ts";

export type { ReportCode, ReportState };

/** The size of one record in bytes. */
export const reportSize = 64;

const magic = 0x54525043;
const version = 1;
const noOp = 0xffffffff;
const signalBit = 0x80000000;
/** Where a record says how many bytes of text follow it, and the most that do. */
const toldAt = 30;
const maxTold = 448;

/** How a container ended: an exit code, or the signal that ended it. */
export type ReportStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number };

/** What a process has used, and those that it has waited for: of a container all of them. */
export interface Usage {
  readonly userMicros: bigint;
  readonly systemMicros: bigint;
  /** The largest that one of them was. */
  readonly peakKib: bigint;
}

/** One record. */
export interface Report {
  readonly state: ReportState;
  readonly phase: Phase;
  /** The index of the op in the plan; absent where the record is not of one. */
  readonly op?: number;
  /** Which op that is: of a host plan that lets a container go on, the op can be of that container's own plan. */
  readonly opName?: OpName;
  /** The kernel's errno, positive; 0 for none. */
  readonly errno: number;
  readonly code: ReportCode;
  readonly pid: number;
  readonly status: ReportStatus;
  /** Clock ticks since boot at which the process began. */
  readonly startTime: bigint;
  /** The pidfs inode of the process; 0 where the kernel has none. */
  readonly inode: bigint;
  /** What `code` says: the rule that was broken, the value that was read back. */
  readonly detail: bigint;
  /** Of an end, whose record has no identity and no detail. */
  readonly usage?: Usage;
  /** Since the launcher began. */
  readonly nanoseconds: bigint;
  /** What another program said about the failure, such as the name and the text of a D-Bus error. */
  readonly told?: string;
}

type Coded<K extends string> = Readonly<Record<K, { readonly code: number }>>;

/** The names of a table by their codes. */
function namesOf<K extends string>(rows: Coded<K>): readonly (K | undefined)[] {
  const names: (K | undefined)[] = [];
  for (const name in rows) names[rows[name].code] = name;
  return names;
}

const stateNames = namesOf(reportStates);
const phaseNames = namesOf(phases);
const codeNames = namesOf(reportCodes);
const opNames = namesOf(opTable);

function nameOf<K extends string>(names: readonly (K | undefined)[], code: number, what: string): K {
  const name = names[code];
  if (name !== undefined) return name;
  throw new WireError("bad-report", `a report record has the unknown ${what} ${code}`);
}

function statusOf(word: number): ReportStatus {
  const signaled = (word & signalBit) !== 0;
  const value = word & 0xff;
  return signaled ? { kind: "signaled", signal: value - 128 } : { kind: "exited", code: value };
}

const nothing = 0n;

/** Three numbers mean another thing in the record of an end. */
function withUsage(report: Report): Report {
  const { startTime: userMicros, inode: systemMicros, detail: peakKib } = report;
  return {
    ...report,
    startTime: nothing,
    inode: nothing,
    detail: nothing,
    usage: { userMicros, systemMicros, peakKib },
  };
}

function readRecord(view: DataView): Report {
  const op = view.getUint32(8, true);
  const opCode = view.getUint16(28, true);
  const state = nameOf(stateNames, view.getUint8(6), "state");
  const report = {
    state,
    phase: nameOf(phaseNames, view.getUint8(7), "phase"),
    errno: view.getInt32(12, true),
    code: nameOf(codeNames, view.getUint32(16, true), "code"),
    pid: view.getUint32(20, true),
    status: statusOf(view.getUint32(24, true)),
    startTime: view.getBigUint64(32, true),
    inode: view.getBigUint64(40, true),
    detail: view.getBigUint64(48, true),
    nanoseconds: view.getBigUint64(56, true),
  };
  if (state === "exited") return withUsage(report);
  // As nearly all are.
  if (op === noOp && opCode === 0) return report;
  return {
    ...report,
    ...(op === noOp ? {} : { op }),
    ...(opCode === 0 ? {} : { opName: nameOf(opNames, opCode, "op") }),
  };
}

/** Text that may be cut within a character, with nothing in it that a terminal would obey. */
function readText(bytes: Uint8Array): string {
  const ends = [0, 1, 2, 3].map((cut) => decodeText(bytes, 0, Math.max(bytes.length - cut, 0)));
  const text = ends.find(isUtf8) ?? decodeText(bytes);
  return [...text].map((char) => (char < " " || char === "\x7f" ? "?" : char)).join("");
}

/** How many bytes a record has, with what follows it. */
function sizeOf(view: DataView): number {
  if (view.getUint32(0, true) !== magic) throw new WireError("bad-report", "a report record has no magic number");
  if (view.getUint16(4, true) !== version) throw new WireError("bad-report", "a report record has an unknown version");
  const told = view.getUint16(toldAt, true);
  if (told > maxTold) throw new WireError("bad-report", `a report record has ${told} bytes of text`);
  return reportSize + Math.ceil(told / reportSize) * reportSize;
}

/** Reads the records that are there as a whole, and tells how many bytes they took. */
function readWhole(bytes: Uint8Array): { readonly reports: Report[]; readonly used: number } {
  const reports: Report[] = [];
  let used = 0;
  while (bytes.length - used >= reportSize) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + used, reportSize);
    const size = sizeOf(view);
    if (bytes.length - used < size) break;
    const length = view.getUint16(toldAt, true);
    const report = readRecord(view);
    const at = used + reportSize;
    reports.push(length === 0 ? report : { ...report, told: readText(bytes.subarray(at, at + length)) });
    used += size;
  }
  return { reports, used };
}

/**
 * Reads whole records.
 *
 * @throws {WireError} `bad-report` when a record is cut short or not one.
 */
export function decodeReports(bytes: Uint8Array): Report[] {
  const { reports, used } = readWhole(bytes);
  if (used !== bytes.length)
    throw new WireError("bad-report", `${bytes.length} bytes are not a whole number of report records`);
  return reports;
}

/** Collects records from a stream that is cut anywhere. */
export interface ReportReader {
  /** Takes the next bytes and gives the records that they complete. */
  push(chunk: Uint8Array): Report[];
  /** The number of bytes that wait for the rest of their record. */
  pending(): number;
}

const none = new Uint8Array(0);

/** Makes a reader for one stream of records. */
export function makeReportReader(): ReportReader {
  let rest = none;
  return {
    push(chunk) {
      let all = chunk;
      if (rest.length > 0) {
        all = new Uint8Array(rest.length + chunk.length);
        all.set(rest);
        all.set(chunk, rest.length);
      }
      const { reports, used } = readWhole(all);
      rest = used === all.length ? none : all.slice(used);
      return reports;
    },
    pending: () => rest.length,
  };
}
