// What the host answered while a sandbox was prepared, as bytes. helper-c/front/bind/same.c asks the host again and compares.
import { numberErrno } from "../../../system/errno.ts";
import { SystemError } from "../../../system/error.ts";
import type { FileKind, FileStat } from "../../../system/port.ts";
import { putUint16, putUint32 } from "../../../wire/bytes.ts";
import { decodeText, encodeText } from "../../../wire/utf8.ts";

/** What can be asked, in the order of `enum asked` in same.c. */
export const questions = [
  "stat",
  "statLink",
  "kind",
  "kindLink",
  "readLink",
  "access",
  "file",
  "lines",
  "names",
  "variable",
] as const;
export type Question = (typeof questions)[number];

/** The head of an entry: question, detail, length of the path, errno, size of the answer. Path, NUL and answer follow. */
export const headSize = 12;
/** A log that is longer is not kept. What else a file of answers has fits beside it (store.ts). */
const mostBytes = 3 << 18;
/** The type bits of stat(2)'s mode, which d_type of getdents(2) has too. */
const types: Readonly<Record<FileKind, number>> = {
  fifo: 1,
  char: 2,
  directory: 4,
  block: 6,
  file: 8,
  link: 10,
  socket: 12,
};
const typeShift = 12;

/** A kind as a digit, as `host.kinds` gives it; `-` for a path that cannot be looked up. */
export const kindBytes = (kind: FileKind | undefined): Uint8Array =>
  Uint8Array.of((kind === undefined ? "-" : types[kind].toString(16)).charCodeAt(0));

/** What of a stat(2) a sandbox is planned with: neither the inode nor a time. */
export function statBytes(stat: FileStat): Uint8Array {
  const bytes = new Uint8Array(20);
  const words = [(types[stat.kind] << typeShift) | stat.mode, stat.uid, stat.gid, stat.major, stat.minor];
  for (const [index, word] of words.entries()) putUint32(bytes, 4 * index, word);
  return bytes;
}

/** The entries of a directory, as `host.entries` gives them; `?` before a name whose type was not asked for. */
export function nameBytes(
  entries: readonly { readonly name: string; readonly kind?: FileKind }[],
): Uint8Array | undefined {
  const zero = "0".charCodeAt(0);
  const type = (kind?: FileKind): string => (kind === undefined ? "?" : String.fromCharCode(zero + types[kind]));
  return encodeText(entries.map(({ name, kind }) => `${type(kind)}${name}\0`).join(""));
}

/** Answers, in the order in which they were asked for. */
export interface AnswerLog {
  /** Notes an answer, or the error instead. */
  note(question: Question, path: string, answer: Uint8Array | undefined, how?: NoteOptions): void;
  /** Nothing is kept: something was asked that cannot be asked again. */
  spoil(): void;
  /** Undefined if it is spoilt, or too long. */
  bytes(): Uint8Array | undefined;
}

export interface NoteOptions {
  /** access(2): what was asked for. A listing: whether it has types. */
  readonly detail?: number;
  readonly error?: unknown;
}

function entryBytes(
  question: Question,
  path: Uint8Array,
  answer: Uint8Array,
  detail: number,
  errno: number,
): Uint8Array {
  const entry = new Uint8Array(headSize + path.length + 1 + answer.length);
  entry[0] = questions.indexOf(question);
  entry[1] = detail;
  putUint16(entry, 2, path.length);
  putUint32(entry, 4, errno);
  putUint32(entry, 8, answer.length);
  entry.set(path, headSize);
  entry.set(answer, headSize + path.length + 1);
  return entry;
}

const isSameEntry = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/**
 * Whoever lists mounts holds up who makes some, in the whole kernel. So that is asked first: while it is answered, the launcher of a
 * plan that is kept has made none (decision 0060).
 */
const isFirst = (entry: Uint8Array): boolean => pathOf(entry).endsWith("/mountinfo");

const pathOf = (entry: Uint8Array): string => decodeText(entry, headSize, entry.indexOf(0, headSize));

/** Makes an empty log. */
export function makeLog(): AnswerLog {
  const entries = new Map<string, Uint8Array>();
  let size = 0;
  let spoilt = false;
  return {
    note(question, path, answer, { detail = 0, error } = {}) {
      const key = `${question} ${detail} ${path}`;
      if (spoilt) return;
      const errno = error === undefined ? 0 : SystemError.is(error) ? numberErrno(error.errno) : undefined;
      const name = encodeText(path);
      const isPath = name !== undefined && name.length <= 0xffff && !name.includes(0);
      if (!isPath || errno === undefined || (errno === 0 && answer === undefined)) {
        spoilt = true;
        return;
      }
      const entry = entryBytes(question, name, answer ?? new Uint8Array(), detail, errno);
      const before = entries.get(key);
      // Two answers to one question: the host has changed meanwhile, and no log has both.
      if (before !== undefined) {
        spoilt = !isSameEntry(before, entry);
        return;
      }
      entries.set(key, entry);
      size += entry.length;
      spoilt ||= size > mostBytes;
    },
    spoil() {
      spoilt = true;
    },
    bytes() {
      if (spoilt) return undefined;
      const all = new Uint8Array(size);
      let at = 0;
      const parts = [...entries.values()];
      for (const entry of [...parts.filter(isFirst), ...parts.filter((one) => !isFirst(one))]) {
        all.set(entry, at);
        at += entry.length;
      }
      return all;
    },
  };
}
