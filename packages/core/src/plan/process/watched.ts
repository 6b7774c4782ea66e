// Calls whose paths and addresses a watcher of the host gets (docs/decisions/0066-denials-by-notification.md): the rows for the
// supervisor, the rules of its filter, and how a record is read.
import type { HostFacts } from "../../host/facts.ts";
import type { TableName } from "../../seccomp/compiler/arch.ts";
import { archOf, numberOf } from "../../seccomp/compiler/arch.ts";
import type { SeccompArg, SeccompSyscall } from "../../seccomp/index.ts";
import { decodeText } from "../../wire/utf8.ts";

/** What a program wants with a path; `open`: its flags say whether it writes; `make`: a name, and nothing that a link there leads to. */
type Wish = "read" | "write" | "make" | "remove" | "move" | "open" | "connect" | "bind";

/** A call, and which of its arguments is what: the path, the directory that it counts from, the flags of open(2). */
interface WatchedCall {
  readonly name: string;
  readonly wish: Wish;
  readonly at?: number;
  readonly path: number;
  readonly flags?: number;
  /** Calls with these arguments alone. */
  readonly only?: readonly SeccompArg[];
}

const emptyPath = 0x1000n;
/** Without AT_EMPTY_PATH: fstat(3) is about a descriptor, and the most frequent of all. */
const named = (index: number): readonly SeccompArg[] => [
  { index, op: "SCMP_CMP_MASKED_EQ", value: emptyPath, valueTwo: 0n },
];

const plain = (wish: Wish, path: number, ...names: readonly string[]): readonly WatchedCall[] =>
  names.map((name) => ({ name, wish, path }));
const beneath = (wish: Wish, at: number, ...names: readonly string[]): readonly WatchedCall[] =>
  names.map((name) => ({ name, wish, at, path: at + 1 }));

const calls: readonly WatchedCall[] = [
  { name: "open", wish: "open", path: 0, flags: 1 },
  { name: "openat", wish: "open", at: 0, path: 1, flags: 2 },
  // Its flags lie in memory.
  ...beneath("read", 0, "openat2", "faccessat", "faccessat2", "execveat"),
  ...plain("read", 0, "stat", "lstat", "stat64", "lstat64", "access", "execve", "chdir"),
  { name: "newfstatat", wish: "read", at: 0, path: 1, only: named(3) },
  { name: "fstatat64", wish: "read", at: 0, path: 1, only: named(3) },
  { name: "statx", wish: "read", at: 0, path: 1, only: named(2) },
  ...plain("write", 0, "creat", "truncate", "chmod", "chown", "lchown", "utimes"),
  ...beneath("write", 0, "fchmodat", "fchmodat2", "fchownat", "utimensat"),
  ...plain("make", 0, "mkdir", "mknod"),
  ...beneath("make", 0, "mkdirat", "mknodat"),
  ...plain("remove", 0, "unlink", "rmdir"),
  ...beneath("remove", 0, "unlinkat"),
  // These have a second row, for the name that they make.
  ...plain("move", 0, "rename"),
  ...beneath("move", 0, "renameat", "renameat2"),
  // The name that they make: what had it before is gone only if that can be made.
  ...plain("make", 1, "rename", "symlink", "link"),
  ...beneath("make", 1, "symlinkat"),
  ...beneath("make", 2, "renameat", "renameat2", "linkat"),
  { name: "connect", wish: "connect", path: 1 },
  { name: "bind", wish: "bind", path: 1 },
];

/** Those that have a socket address, with its length in the next argument. */
const isAddress = (wish: AskedFor["op"] | Wish): boolean => wish === "connect" || wish === "bind";

/**
 * The sixth argument of a call that a program does not want to be told of: `QUIET_MARK` of helper-c/quiet/places.h. No call with
 * a path has a sixth argument.
 */
const quietMark = 0x63_6f_66_66_65_72_2e_71n;
const unmarked: SeccompArg = { index: 5, op: "SCMP_CMP_NE", value: quietMark };

/** Rules of a filter that hand these calls on. */
export const watchedRules: readonly SeccompSyscall[] = [
  ...new Map(calls.map((call) => [call.name, call])).values(),
].map(({ name, wish, only = [] }) => ({
  names: [name],
  action: "SCMP_ACT_NOTIFY",
  args: isAddress(wish) ? only : [...only, unmarked],
}));

/** A row of the table: a call of one ABI. */
interface WatchedRow extends WatchedCall {
  readonly arch: number;
  readonly number: number;
}

const abis: Readonly<Record<HostFacts["arch"], readonly TableName[]>> = {
  x86_64: ["x86_64", "x86"],
  aarch64: ["aarch64", "arm"],
};

function rowsOf(arch: HostFacts["arch"]): readonly WatchedRow[] {
  return abis[arch].flatMap((table) => {
    const audit = archOf(table)?.audit;
    return calls.flatMap((call) => {
      const number = numberOf(table, call.name);
      return number === undefined || audit === undefined ? [] : [{ ...call, arch: audit, number }];
    });
  });
}

const rowSize = 12;

/** The table of `supervise`. */
export function watchedTable(arch: HostFacts["arch"]): Uint8Array {
  const rows = rowsOf(arch);
  const view = new DataView(new ArrayBuffer(rows.length * rowSize));
  rows.forEach((row, index) => {
    const { at = -1, path, flags = -1, wish } = row;
    const offset = index * rowSize;
    view.setUint32(offset, row.arch, true);
    view.setUint32(offset + 4, row.number, true);
    for (const [byte, value] of [at, path, flags, isAddress(wish) ? 1 : 0].entries())
      view.setInt8(offset + 8 + byte, value);
  });
  return new Uint8Array(view.buffer);
}

/** What a program has asked for. */
export interface AskedFor {
  readonly op: "read" | "write" | "make" | "remove" | "move" | "connect" | "bind";
  /** Where a relative path counts from. */
  readonly directory: string;
  /** The path; of `connect` and `bind` the bytes of a socket address. */
  readonly target: Uint8Array;
}

const headSize = 8;
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC: the same on every machine that there is a helper for. */
const writing = 0o1 | 0o2 | 0o100 | 0o1000;

function readRecord(rows: readonly WatchedRow[], record: Uint8Array): AskedFor | undefined {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const row = rows[view.getUint16(2, true)];
  const text = record.subarray(headSize);
  const end = text.indexOf(0);
  if (row === undefined || end < 0) return undefined;
  const opens = (view.getUint32(4, true) & writing) === 0 ? "read" : "write";
  const directory = decodeText(text, 0, end);
  const rest = text.subarray(end + 1);
  const op = row.wish === "open" ? opens : row.wish;
  return { op, directory, target: isAddress(op) ? rest : rest.subarray(0, -1) };
}

/** Reads what a supervisor sends: a stream of records, in pieces of any size. */
export function makeWatchedReader(arch: HostFacts["arch"]): (chunk: Uint8Array) => readonly AskedFor[] {
  const rows = rowsOf(arch);
  let rest = new Uint8Array();
  return (chunk) => {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    const found: AskedFor[] = [];
    let at = 0;
    while (all.length - at >= headSize) {
      const size = Math.max(new DataView(all.buffer).getUint16(at, true), headSize);
      if (all.length - at < size) break;
      const one = readRecord(rows, all.subarray(at, at + size));
      if (one !== undefined) found.push(one);
      at += size;
    }
    rest = all.slice(at);
    return found;
  };
}
