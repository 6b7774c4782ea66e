// What the three programs are made of: no mount(2), no path of the host, no host file to load (R1, R3, R4, R7).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

type Program = {
  readonly name: string;
  readonly path: string;
  readonly arch: Arch;
  readonly limit: number;
  /** A call that the program makes. */
  readonly makes: "openat2" | "recvmsg";
  /** The least number of times that its functions read the guard of the stack. */
  readonly guards: number;
  /** The helper has it in itself. */
  readonly carried: boolean;
};
type Arch = keyof typeof calls;

// System call numbers: what must not occur, and what must, to show that the search finds.
const calls = {
  x86_64: {
    mount: 165,
    recvmsg: 47,
    openat2: 437,
    move_mount: 429,
    ptrace: 101,
    init_module: 175,
    process_vm_writev: 311,
  },
  aarch64: {
    mount: 40,
    recvmsg: 212,
    openat2: 437,
    move_mount: 429,
    ptrace: 117,
    init_module: 105,
    process_vm_writev: 271,
  },
} as const;

const forbidden = ["mount", "ptrace", "init_module", "process_vm_writev"] as const;

const carried = (name: string, arch: Arch, limit: number) => ({
  name: `${name} ${arch}`,
  path: join(repository, `zig-out/${name}-${arch}`),
  arch,
  limit,
  carried: true,
});

const programs: readonly Program[] = (["x86_64", "aarch64"] as const).flatMap((arch) => [
  {
    name: `helper ${arch}`,
    path: helperPath(arch),
    arch,
    limit: 144 << 10,
    makes: "openat2",
    guards: 30,
    carried: false,
  },
  // Its ops are inlined into one function.
  { ...carried("init", arch, 20 << 10), makes: "openat2", guards: 25 },
  { ...carried("satellite", arch, 25 << 10), makes: "recvmsg", guards: 10 },
]);

type Segment = {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
};

/** The segments of an ELF file. */
function segments(bytes: Buffer): readonly Segment[] {
  const offset = Number(bytes.readBigUInt64LE(32));
  const [size, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return [...Array(count).keys()].map((index) => {
    const at = offset + index * size;
    const [start = 0, address = 0, room = 0] = [8, 16, 40].map((field) => Number(bytes.readBigUInt64LE(at + field)));
    return { type: bytes.readUInt32LE(at), flags: bytes.readUInt32LE(at + 4), offset: start, address, size: room };
  });
}

const svc = 0xd4000001;

/** x86-64: `mov $number, %reg`, or `push $number` and `pop %reg`, wherever it stands. */
function loadsX86(bytes: Buffer, number: number): number {
  const places = [...Array(bytes.length - 5).keys()].filter((at) => {
    const opcode = bytes.readUInt8(at);
    if (opcode >= 0xb8 && opcode <= 0xbf) return bytes.readUInt32LE(at + 1) === number;
    const next = bytes.readUInt8(at + 2);
    const isPop = next === 0x41 || (next >= 0x58 && next <= 0x5f);
    return opcode === 0x6a && number < 128 && bytes.readUInt8(at + 1) === number && isPop;
  });
  return places.length;
}

/** aarch64: `mov x8, #number`, with `svc` among the next instructions. */
function loadsArm(bytes: Buffer, number: number): number {
  const word = (index: number): number => bytes.readUInt32LE(index * 4);
  const count = (bytes.length >> 2) - 8;
  const isLoad = (value: number): boolean => (value & 0x7fffffff) === (0x52800008 | (number << 5));
  /** Any number for the same register: what was there before is no call's. */
  const isOther = (value: number): boolean => (value & 0x7f80001f) === 0x52800008;
  const nearCall = (index: number): boolean => {
    const next = [1, 2, 3, 4, 5, 6].map((more) => word(index + more));
    const call = next.indexOf(svc);
    return call >= 0 && !next.slice(0, call).some(isOther);
  };
  return [...Array(count).keys()].filter((index) => isLoad(word(index)) && nearCall(index)).length;
}

/** How often the code loads a number into a register, as it does before a system call. */
function timesLoaded(bytes: Buffer, arch: Arch, number: number): number {
  return arch === "x86_64" ? loadsX86(bytes, number) : loadsArm(bytes, number);
}

function countOf(bytes: Buffer, text: string): number {
  return bytes.toString("latin1").split(text).length - 1;
}

const isSound = test.macro({
  exec: (t, program: Program) => {
    t.true(existsSync(program.path), "it is built");
    const bytes = readFileSync(program.path);
    t.true(bytes.length <= program.limit, `${bytes.length} bytes`);
    const types = segments(bytes).map((segment) => segment.type);
    t.false(types.includes(3), "no interpreter");
    t.is(bytes.readUInt16LE(16), 3, "it lies anywhere in memory");
    const both = segments(bytes).filter((segment) => segment.type === 1 && (segment.flags & 3) === 3);
    t.deepEqual(both, [], "nothing is writable and executable");
    const stack = segments(bytes).find((segment) => segment.type === 0x6474e551);
    t.is((stack?.flags ?? 1) & 1, 0, "the stack is not executable");
    t.true(
      timesLoaded(bytes, program.arch, calls[program.arch][program.makes]) > 0,
      `the search finds ${program.makes}`,
    );
    for (const name of forbidden) t.is(timesLoaded(bytes, program.arch, calls[program.arch][name]), 0, name);
  },
  title: (_provided, program: Program) => `${program.name} has nothing that it must not have`,
});

for (const program of programs) test(isSound, program);

const segmentTypes = { dynamic: 2, property: 0x6474e553, relro: 0x6474e552 } as const;

/** The first segment of a type. */
const segmentOf = (bytes: Buffer, type: keyof typeof segmentTypes): Segment | undefined =>
  segments(bytes).find((segment) => segment.type === segmentTypes[type]);

/** The tags of the dynamic section, which only a program that relocates itself has. */
function dynamicTags(bytes: Buffer): readonly number[] {
  const at = segmentOf(bytes, "dynamic");
  if (at === undefined) return [];
  return [...Array(Math.floor(at.size / 16)).keys()].map((index) =>
    Number(bytes.readBigUInt64LE(at.offset + index * 16)),
  );
}

const isSelfContained = test.macro({
  exec: (t, program: Program) => {
    const bytes = readFileSync(program.path);
    const [DT_NEEDED, DT_TEXTREL] = [1, 22];
    t.false(dynamicTags(bytes).includes(DT_NEEDED), "no library");
    t.false(dynamicTags(bytes).includes(DT_TEXTREL), "no code to relocate");
    const relro = segmentOf(bytes, "relro");
    const writable = loads(program).filter(({ flags }) => (flags & 2) !== 0);
    if (program.carried) {
      t.deepEqual(dynamicTags(bytes), [], "nothing to relocate");
      t.deepEqual(
        writable.map(({ offset }) => bytes.length - offset <= 0),
        [true],
        "all data begins as zero",
      );
      return;
    }
    const page = pageSizes[program.arch];
    t.is(((relro?.address ?? 1) + (relro?.size ?? 0)) % page, 0, "pointers are read-only, to the end of a page");
    t.true(
      writable.some(({ address }) => address === relro?.address),
      "and nothing else is in their pages",
    );
  },
  title: (_provided, program: Program) => `${program.name} needs no loader, and its pointers are read-only`,
});

for (const program of programs) test(isSelfContained, program);

/** x86-64: how often the code reads each word of memory, by its address from here (`mov disp(%rip), %reg`). */
function wordsReadX86(bytes: Buffer, text: Segment): readonly number[] {
  return [...Array(text.size - 7).keys()].flatMap((index) => {
    const at = text.offset + index;
    const isMove = (bytes.readUInt8(at) & 0xfb) === 0x48 && bytes.readUInt8(at + 1) === 0x8b;
    return isMove && (bytes.readUInt8(at + 2) & 0xc7) === 5
      ? [text.address + index + 7 + bytes.readInt32LE(at + 3)]
      : [];
  });
}

/** aarch64: the same (`ldr x0, word`, or `adr x0, word` before a load). */
function wordsReadArm(bytes: Buffer, text: Segment): readonly number[] {
  return [...Array(Math.floor(text.size / 4)).keys()].flatMap((index) => {
    const word = bytes.readUInt32LE(text.offset + index * 4);
    const words = (word << 8) >> 13;
    if (word >>> 24 === 0x58) return [text.address + (index + words) * 4];
    return (word & 0x9f000000) === 0x10000000 ? [text.address + (index + words) * 4 + ((word >>> 29) & 3)] : [];
  });
}

const isGuarded = test.macro({
  exec: (t, program: Program) => {
    const bytes = readFileSync(program.path);
    const [text] = loads(program).filter(({ flags }) => (flags & 1) !== 0);
    if (text === undefined) return t.fail();
    const read = (program.arch === "x86_64" ? wordsReadX86 : wordsReadArm)(bytes, text);
    const counts = [...new Set(read)].map((address) => read.filter((one) => one === address).length);
    t.log(`the word that is read most often: ${Math.max(...counts)} times`);
    t.true(
      Math.max(...counts) >= program.guards,
      "functions read the guard of the stack, and read it again at their end",
    );
    if (program.arch === "x86_64") return;
    const [PACIASP, AUTIASP, BTI_C] = [0xd503233f, 0xd50323bf, 0xd503245f];
    const words = [...Array(Math.floor(text.size / 4)).keys()].map((index) =>
      bytes.readUInt32LE(text.offset + index * 4),
    );
    const times = (word: number): number => words.filter((one) => one === word).length;
    t.true(times(PACIASP) >= program.guards && times(AUTIASP) >= program.guards, "return addresses are signed");
    t.true(times(BTI_C) >= 5 || times(PACIASP) >= program.guards, "functions say that they may be branched to");
    const property = segmentOf(bytes, "property");
    t.is(bytes.readUInt32LE((property?.offset ?? 0) + 24) & 3, 3, "the kernel is told: BTI and PAC");
  },
  title: (_provided, program: Program) => `${program.name} finds a stack that was written over`,
});

for (const program of programs) test(isGuarded, program);

// Kernels for aarch64 have pages of 4, 16 or 64 KiB.
const pageSizes = { x86_64: 4096, aarch64: 65536 } as const;

const loads = (program: Program): readonly Segment[] =>
  segments(readFileSync(program.path)).filter(({ type }) => type === 1);

const fitsPages = test.macro({
  exec: (t, program: Program) => {
    const page = pageSizes[program.arch];
    const own = loads(program);
    t.true(own.length > 1);
    for (const { offset, address } of own) t.is(address % page, offset % page, "it can be mapped");
    const pages = own.map(({ address, size }) => [Math.floor(address / page), Math.floor((address + size - 1) / page)]);
    for (const [index, [, last = 0]] of pages.slice(0, -1).entries())
      t.true(last < (pages[index + 1]?.[0] ?? 0), "no page is of two segments, whose rights differ");
  },
  title: (_provided, program: Program) => `${program.name} can be loaded whatever the size of a page`,
});

for (const program of programs) test(fitsPages, program);

// newuidmap and newgidmap look their process up in the ambient /proc, and an ordinary user has no other.
const hostPaths = test.macro({
  exec: (t, program: Program) => {
    const bytes = readFileSync(program.path);
    for (const path of ["/etc", "/usr", "/bin", "/sbin", "/lib", "/sys", "/run", "/tmp", "/var"]) {
      t.is(countOf(bytes, path), 0, path);
    }
    // The launcher gives a caller's missing stdio the host's /dev/null.
    t.is(countOf(bytes, "/dev/"), program.carried ? 0 : countOf(bytes, "/dev/null\0"), "/dev");
    t.true(countOf(bytes, "/proc") <= (program.carried ? 0 : 1), "/proc");
  },
  title: (_provided, program: Program) => `${program.name} names no path of the host`,
});

for (const program of programs) test(hostPaths, program);
