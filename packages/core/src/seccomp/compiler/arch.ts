import { foreignSyscalls, syscallColumns, syscallRows } from "./syscalls.gen.ts";

/** A system call table: what an OCI profile calls an architecture. */
export type TableName = (typeof syscallColumns)[number];

/** What the compiler must know of an architecture. */
export interface Arch {
  readonly table: TableName;
  /** The kernel's token in `seccomp_data.arch`; x32 shares x86_64's. */
  readonly audit: number;
  /** Whether all 64 bits of an argument are compared, or the low 32 only. */
  readonly wide: boolean;
  /** Whether calls such as socket also arrive through socketcall and ipc. */
  readonly multiplexed: boolean;
}

/** Set in every x32 call number. */
export const X32_BIT = 0x40000000;

/** AUDIT_ARCH_* of linux/audit.h: the ELF machine, with bit 31 for 64-bit and bit 30 for little-endian. */
const audit = {
  x86_64: 0xc000003e,
  x86: 0x40000003,
  aarch64: 0xc00000b7,
  arm: 0x40000028,
  riscv64: 0xc00000f3,
} as const;

const archs: readonly Arch[] = [
  { table: "x86_64", audit: audit.x86_64, wide: true, multiplexed: false },
  { table: "x86", audit: audit.x86, wide: false, multiplexed: true },
  { table: "x32", audit: audit.x86_64, wide: false, multiplexed: false },
  { table: "aarch64", audit: audit.aarch64, wide: true, multiplexed: false },
  { table: "arm", audit: audit.arm, wide: false, multiplexed: false },
  { table: "riscv64", audit: audit.riscv64, wide: true, multiplexed: false },
];

const archByTable: ReadonlyMap<string, Arch> = new Map(archs.map((arch) => [arch.table, arch]));

/** Architectures of the OCI list that no supported host can run calls of: accepted, and nothing is emitted for them. */
const foreign: ReadonlySet<string> = new Set(
  "MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 LOONGARCH64 M68K SH SHEB"
    .split(" ")
    .map((name) => `SCMP_ARCH_${name}`),
);

/** Finds an architecture by the name of its table. */
export function archOf(table: string): Arch | undefined {
  return archByTable.get(table);
}

/** Finds an OCI architecture: "native" stands for the host's own, "foreign" is valid but has no table here. */
export function archOfOci(name: string): Arch | "native" | "foreign" | undefined {
  if (name === "SCMP_ARCH_NATIVE") return "native";
  if (foreign.has(name)) return "foreign";
  return name.startsWith("SCMP_ARCH_") ? archByTable.get(name.slice("SCMP_ARCH_".length).toLowerCase()) : undefined;
}

/** socketcall(2)'s first argument: linux/net.h. */
const socketcalls: ReadonlyMap<string, number> = new Map(
  (
    "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown " +
    "setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg"
  )
    .split(" ")
    .map((name, index) => [name, index + 1]),
);

/** ipc(2)'s first argument: linux/ipc.h. */
const ipcs: ReadonlyMap<string, number> = new Map([
  ["semop", 1],
  ["semget", 2],
  ["semctl", 3],
  ["semtimedop", 4],
  ["msgsnd", 11],
  ["msgrcv", 12],
  ["msgget", 13],
  ["msgctl", 14],
  ["shmat", 21],
  ["shmdt", 22],
  ["shmget", 23],
  ["shmctl", 24],
]);

/** The call another call can be made through on x86, and the value its first argument has then. */
export interface Multiplexer {
  readonly name: "socketcall" | "ipc";
  readonly value: number;
}

/** Finds how a call is made through socketcall or ipc. */
export function multiplexerOf(name: string): Multiplexer | undefined {
  const socket = socketcalls.get(name);
  if (socket !== undefined) return { name: "socketcall", value: socket };
  const ipc = ipcs.get(name);
  return ipc === undefined ? undefined : { name: "ipc", value: ipc };
}

/** The system calls of an architecture, as the compiler is given them (helper-c/filter/filter.h). */
export interface CallTable {
  /** Row and number of each call, in the order of the numbers. */
  readonly calls: Uint32Array;
  /** The same of the second name of a number; not among the others. */
  readonly twins: Uint32Array;
  /** Row of a call that can be made through another one, the number of that one, and its first argument then. */
  readonly multiplexed: Uint32Array;
}

const rowsByName: ReadonlyMap<string, number> = new Map(syscallRows.map(([name], row) => [name, row]));
const tables = new Map<TableName, CallTable>();

function listMultiplexed(name: TableName): readonly number[] {
  return syscallRows.flatMap(([inner], row) => {
    const way = multiplexerOf(inner);
    const number = way === undefined ? undefined : numberOf(name, way.name);
    return way === undefined || number === undefined ? [] : [row, number, way.value];
  });
}

function makeTable(name: TableName): CallTable {
  const column = syscallColumns.indexOf(name);
  const all = syscallRows.map(([, ...numbers], row) => ({ row, number: numbers[column] ?? -1 }));
  const own = all.filter(({ number }) => number >= 0).sort((a, b) => a.number - b.number);
  const isTwin = (index: number): boolean => own[index]?.number === own[index - 1]?.number;
  const words = (twins: boolean): Uint32Array =>
    new Uint32Array(own.flatMap(({ row, number }, index) => (isTwin(index) === twins ? [row, number] : [])));
  const multiplexed = archOf(name)?.multiplexed === true ? listMultiplexed(name) : [];
  return { calls: words(false), twins: words(true), multiplexed: new Uint32Array(multiplexed) };
}

/** A table; made when it is first asked for. */
export function tableOf(name: TableName): CallTable {
  const made = tables.get(name) ?? makeTable(name);
  tables.set(name, made);
  return made;
}

/** The numbers of a table, in their order. */
export function numbersOf(name: TableName): readonly number[] {
  return [...tableOf(name).calls].filter((_word, index) => index % 2 === 1);
}

/** How many rows the tables have. */
export const rowCount = syscallRows.length;

/** Makes all tables: while the image of the native front is made, so that no call of it has to. */
export function makeTables(): void {
  for (const name of syscallColumns) tableOf(name);
}

/** The row of a system call; undefined when no table knows the name. */
export function rowOf(name: string): number | undefined {
  return rowsByName.get(name);
}

/** The number of a system call in a table; undefined when the table lacks it. */
export function numberOf(table: TableName, name: string): number | undefined {
  const number = syscallRows[rowsByName.get(name) ?? -1]?.[1 + syscallColumns.indexOf(table)];
  return typeof number === "number" && number >= 0 ? number : undefined;
}

const foreignNames: ReadonlySet<string> = new Set(foreignSyscalls);

/** Whether the name is a system call of another architecture of Linux, for which no table is here. */
export function isForeignSyscall(name: string): boolean {
  return foreignNames.has(name);
}

/** Whether any table knows the name. */
export function isKnownSyscall(name: string): boolean {
  return rowsByName.has(name);
}
